// What load() holds operators of the Helium kernels to. Apart from the kernels, so that any host can test it.
#pragma once

#include "agent_firmware/engine/bounds.h"
#include "wire/packed_model/params.h"

namespace tinyrig::engine::helium {

bool check_convolution(const packed::ConvParams& p, const Bounds& bounds);
bool check_depthwise(const packed::ConvParams& p, const Bounds& bounds);
bool check_add(const packed::BinaryParams& p, const Bounds& bounds);

}  // namespace tinyrig::engine::helium
