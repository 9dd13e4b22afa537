// Cortex-M4, M7 and M33: packed 16-bit multiplication (the DSP extension). TINYRIG_CORE: the packed::Core of this firmware.
#include "agent_firmware/engine/kernel.h"

namespace tinyrig::engine {

packed::Core this_core() { return static_cast<packed::Core>(TINYRIG_CORE); }

const Kernel* core_kernel(packed::OperatorKind, packed::KernelVariant) { return nullptr; }

}  // namespace tinyrig::engine
