// Cores with 32-bit multiplication alone: Cortex-M0 and M3, rv32imac. TINYRIG_CORE: the packed::Core of this firmware.
#include "agent_firmware/engine/kernels/scalar/scalar.h"
#include "wire/packed_model/scalar_layout.h"

namespace tinyrig::engine {

packed::Core this_core() { return static_cast<packed::Core>(TINYRIG_CORE); }

const Kernel* core_kernel(packed::OperatorKind kind, packed::KernelVariant variant) {
  using packed::OperatorKind;
  switch (kind) {
    case OperatorKind::kConv2d:
      switch (variant) {
        case packed::scalar::kConvNarrow:
          return &scalar::kConvNarrow;
        case packed::scalar::kConvWide:
          return &scalar::kConvWide;
        case packed::scalar::kDense:
          return &scalar::kDense;
        default:
          return nullptr;
      }
    case OperatorKind::kDepthwiseConv2d:
      return variant == packed::scalar::kDepthwise3x3 ? &scalar::kDepthwise3x3 : nullptr;
    case OperatorKind::kAdd:
      return variant == packed::scalar::kAddSameShape ? &scalar::kAddSameShape : nullptr;
    case OperatorKind::kAveragePool2d:
      return variant == packed::scalar::kAveragePoolGlobal ? &scalar::kAveragePoolGlobal : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace tinyrig::engine
