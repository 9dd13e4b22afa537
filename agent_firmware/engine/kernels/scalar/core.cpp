// Cores with 32-bit multiplication alone: Cortex-M0 and M3, rv32imac. TINYRIG_CORE: the packed::Core of this firmware.
#include "agent_firmware/engine/kernel.h"

namespace tinyrig::engine {

packed::Core this_core() { return static_cast<packed::Core>(TINYRIG_CORE); }

const Kernel* core_kernel(packed::OperatorKind, packed::KernelVariant) { return nullptr; }

}  // namespace tinyrig::engine
