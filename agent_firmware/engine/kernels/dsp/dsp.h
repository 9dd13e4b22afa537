// Kernels of the DSP folder. Variants are numbered in
// wire/packed_model/dsp_layout.h, which the packer uses too.
#pragma once

#include "agent_firmware/engine/kernel.h"

namespace tinyrig::engine::dsp {

extern const Kernel kConv2d;
extern const Kernel kDepthwise3x3;
extern const Kernel kAddSameShape;
extern const Kernel kAveragePoolGlobal;

}  // namespace tinyrig::engine::dsp
