#include "agent_firmware/engine/kernel.h"
#include "agent_firmware/engine/kernels/portable/portable.h"

namespace tinyrig::engine {
namespace {

using packed::OperatorKind;

const Kernel* portable_kernel(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kConv2d:
      return &portable::kConv2d;
    case OperatorKind::kDepthwiseConv2d:
      return &portable::kDepthwiseConv2d;
    case OperatorKind::kTransposeConv:
      return &portable::kTransposeConv;
    case OperatorKind::kFullyConnected:
      return &portable::kFullyConnected;
    case OperatorKind::kAveragePool2d:
      return &portable::kAveragePool2d;
    case OperatorKind::kMaxPool2d:
      return &portable::kMaxPool2d;
    case OperatorKind::kAdd:
      return &portable::kAdd;
    case OperatorKind::kMul:
      return &portable::kMul;
    case OperatorKind::kConcatenation:
      return &portable::kConcatenation;
    case OperatorKind::kPad:
      return &portable::kPad;
    case OperatorKind::kCopy:
      return &portable::kCopy;
    case OperatorKind::kTranspose:
      return &portable::kTranspose;
    case OperatorKind::kMean:
      return &portable::kMean;
    case OperatorKind::kSoftmax:
      return &portable::kSoftmax;
    case OperatorKind::kLookup:
      return &portable::kLookup;
    case OperatorKind::kQuantize:
      return &portable::kQuantize;
    case OperatorKind::kDequantize:
      return &portable::kDequantize;
    case OperatorKind::kStridedSlice:
      return &portable::kStridedSlice;
    case OperatorKind::kSplit:
      return &portable::kSplit;
    case OperatorKind::kResizeNearestNeighbor:
      return &portable::kResizeNearestNeighbor;
  }
  return nullptr;  // not a kind: the byte came from an image
}

}  // namespace

const Kernel* find_kernel(OperatorKind kind, packed::KernelVariant variant) {
  return variant == packed::kPortableKernel ? portable_kernel(kind) : core_kernel(kind, variant);
}

}  // namespace tinyrig::engine
