// Cortex-M55: Helium vectors. TINYRIG_CORE: the packed::Core of this firmware.
#include "agent_firmware/engine/kernel.h"
#include "agent_firmware/engine/kernels/helium/helium.h"
#include "wire/packed_model/helium.h"

namespace tinyrig::engine {

packed::Core this_core() { return static_cast<packed::Core>(TINYRIG_CORE); }

const Kernel* core_kernel(packed::OperatorKind kind, packed::KernelVariant variant) {
  using packed::OperatorKind;
  namespace layout = packed::helium;
  switch (kind) {
    case OperatorKind::kConv2d:
      return variant == layout::kConvolution ? &helium::kConvolution : nullptr;
    case OperatorKind::kDepthwiseConv2d:
      return variant == layout::kDepthwise ? &helium::kDepthwise : nullptr;
    case OperatorKind::kAdd:
      return variant == layout::kAddition ? &helium::kAdd : nullptr;
    case OperatorKind::kAveragePool2d:
      return variant == layout::kPool ? &helium::kAveragePool : nullptr;
    case OperatorKind::kMaxPool2d:
      return variant == layout::kPool ? &helium::kMaxPool : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace tinyrig::engine
