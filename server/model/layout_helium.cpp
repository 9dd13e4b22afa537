// Constants in the order of agent_firmware/engine/kernels/helium: Cortex-M55 with Helium.
#include "server/model/core_layouts.h"

namespace tinyrig::model {

bool lay_out_for_helium(Program& /*program*/, LoweredOperator& /*op*/) { return false; }

}  // namespace tinyrig::model
