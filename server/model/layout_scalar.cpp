// Constants in the order of agent_firmware/engine/kernels/scalar: cores without vector or packed arithmetic.
#include "server/model/core_layouts.h"

namespace tinyrig::model {

bool lay_out_for_scalar(Program& /*program*/, LoweredOperator& /*op*/) { return false; }

}  // namespace tinyrig::model
