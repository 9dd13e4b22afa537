// A core without kernels of its own: runs portable ones only. Linked when the firmware's build names no
// other folder of kernels. TINYRIG_CORE: the value of packed::Core whose images it also accepts.
#include "agent_firmware/engine/kernel.h"

#ifndef TINYRIG_CORE
#define TINYRIG_CORE 0
#endif

namespace tinyrig::engine {

packed::Core this_core() { return static_cast<packed::Core>(TINYRIG_CORE); }

const Kernel* core_kernel(packed::OperatorKind, packed::KernelVariant) { return nullptr; }

}  // namespace tinyrig::engine
