// Kernels for Cortex-M55 with Helium, one file for each operator. Constants are in the order that
// wire/packed_model/helium.h states.
#pragma once

#include "agent_firmware/engine/kernel.h"

namespace tinyrig::engine::helium {

extern const Kernel kConvolution;
extern const Kernel kDepthwise;
extern const Kernel kAdd;
extern const Kernel kAveragePool;
extern const Kernel kMaxPool;

}  // namespace tinyrig::engine::helium
