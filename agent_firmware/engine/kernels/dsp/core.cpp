// Cortex-M4, M7 and M33: packed 16-bit multiplication (the DSP extension). TINYRIG_CORE: the packed::Core of this
// firmware.
#include "agent_firmware/engine/kernels/dsp/dsp.h"
#include "wire/packed_model/dsp_layout.h"

namespace tinyrig::engine {

packed::Core this_core() { return static_cast<packed::Core>(TINYRIG_CORE); }

const Kernel* core_kernel(packed::OperatorKind kind, packed::KernelVariant variant) {
  using packed::OperatorKind;
  switch (kind) {
    case OperatorKind::kConv2d:
      return variant == packed::dsp::kConv2dBlocked ? &dsp::kConv2d : nullptr;
    case OperatorKind::kDepthwiseConv2d:
      return variant == packed::dsp::kDepthwise3x3 ? &dsp::kDepthwise3x3 : nullptr;
    case OperatorKind::kAdd:
      return variant == packed::dsp::kAddSameShape ? &dsp::kAddSameShape : nullptr;
    case OperatorKind::kAveragePool2d:
      return variant == packed::dsp::kAveragePoolGlobal ? &dsp::kAveragePoolGlobal : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace tinyrig::engine
