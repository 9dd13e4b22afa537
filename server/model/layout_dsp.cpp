// Constants in the order of agent_firmware/engine/kernels/dsp: packed 16-bit multiplication.
#include "server/model/core_layouts.h"

namespace tinyrig::model {

bool lay_out_for_dsp(Program& /*program*/, LoweredOperator& /*op*/) { return false; }

}  // namespace tinyrig::model
