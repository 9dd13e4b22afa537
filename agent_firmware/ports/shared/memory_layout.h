// Symbols of the linker scripts, and the start-up work that they describe.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
extern std::byte __stack_low[], __stack_high[];
extern std::byte __noinit_start[];
extern std::byte __data_start[], __data_end[];
extern const std::byte __data_load[];
extern std::byte __bss_start[], __bss_end[];
extern std::byte __model_ram_start[], __model_ram_end[];
extern const std::byte __image_start[], __image_end[];  // flash of the agent, initial values of .data included
extern const char __build_id[];                         // 16 hex digits and a zero
extern void (*__init_array_start[])();
extern void (*__init_array_end[])();
}

namespace tinyrig::port {

// .data from flash, .bss cleared, static constructors run.
void initialize_memory();

}  // namespace tinyrig::port
