// Cortex-M55: Helium vectors. TINYRIG_CORE: the packed::Core of this firmware.
#include "agent_firmware/engine/kernel.h"
#include "agent_firmware/engine/kernels/helium/helium.h"
#include "wire/packed_model/helium.h"

namespace tinyrig::engine {

packed::Core this_core() { return static_cast<packed::Core>(TINYRIG_CORE); }

const Kernel* core_kernel(packed::OperatorKind kind, packed::KernelVariant variant) {
  using packed::OperatorKind;
  if (kind == OperatorKind::kConv2d && variant == packed::helium::kConvolution) return &helium::kConvolution;
  return nullptr;
}

}  // namespace tinyrig::engine
