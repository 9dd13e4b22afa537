// The kernels of cores with 32-bit multiplication alone; wire/packed_model/scalar_layout.h says what they read.
#pragma once

#include "agent_firmware/engine/kernel.h"

namespace tinyrig::engine::scalar {

extern const Kernel kConvNarrow;
extern const Kernel kConvWide;
extern const Kernel kDense;
extern const Kernel kDepthwise3x3;
extern const Kernel kAddSameShape;
extern const Kernel kAveragePoolGlobal;

}  // namespace tinyrig::engine::scalar
