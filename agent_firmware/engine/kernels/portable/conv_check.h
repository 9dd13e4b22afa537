// What convolutions have in common to check: shapes, window, quantization; for the portable ones also the arrays
// per channel. Weights and the relation of channels are each kernel's own.
#pragma once

#include "agent_firmware/engine/bounds.h"
#include "wire/packed_model/params.h"

namespace tinyrig::engine {

bool check_convolution_shape(const packed::ConvParams& p, const Bounds& bounds);
bool check_convolution(const packed::ConvParams& p, const Bounds& bounds);

}  // namespace tinyrig::engine
