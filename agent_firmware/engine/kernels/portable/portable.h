// Kernels in plain C++ for every operator, for any core: the reference that faster ones are held against,
// and what a core without its own kernels runs. Their checks serve the other variants too.
#pragma once

#include "agent_firmware/engine/kernel.h"

namespace tinyrig::engine::portable {

extern const Kernel kConv2d;
extern const Kernel kDepthwiseConv2d;
extern const Kernel kTransposeConv;
extern const Kernel kFullyConnected;
extern const Kernel kAveragePool2d;
extern const Kernel kMaxPool2d;
extern const Kernel kAdd;
extern const Kernel kMul;
extern const Kernel kConcatenation;
extern const Kernel kPad;
extern const Kernel kCopy;
extern const Kernel kTranspose;
extern const Kernel kMean;
extern const Kernel kSoftmax;
extern const Kernel kLookup;
extern const Kernel kQuantize;
extern const Kernel kDequantize;
extern const Kernel kStridedSlice;
extern const Kernel kSplit;
extern const Kernel kResizeNearestNeighbor;

}  // namespace tinyrig::engine::portable
