#include "agent_firmware/ports/shared/memory_layout.h"

namespace tinyrig::port {

void initialize_memory() {
  const std::byte* from = __data_load;
  for (std::byte* to = __data_start; to != __data_end; ++to) *to = *from++;
  for (std::byte* to = __bss_start; to != __bss_end; ++to) *to = std::byte{0};
  for (auto constructor = __init_array_start; constructor != __init_array_end; ++constructor) (*constructor)();
}

}  // namespace tinyrig::port
