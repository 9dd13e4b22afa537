// One layouter for each folder of core kernels (agent_firmware/engine/kernels/): what layout.cpp chooses from.
//
// Thread-safe: pure functions on the program given.
#pragma once

#include "server/model/program.h"

namespace tinyrig::model {

/// Returns whether the core has a kernel for the operator; if so, it is chosen (variant, name, scratch) and the
/// constants are brought into its order. Otherwise nothing has changed.
using Layouter = bool (*)(Program& program, LoweredOperator& op);

bool lay_out_for_dsp(Program& program, LoweredOperator& op);        // Cortex-M4, M7, M33
bool lay_out_for_helium(Program& program, LoweredOperator& op);     // Cortex-M55
bool lay_out_for_scalar(Program& program, LoweredOperator& op);     // Cortex-M3, rv32imac
bool lay_out_for_cortex_m0(Program& program, LoweredOperator& op);  // the same with fewer pixels at a time

}  // namespace tinyrig::model
