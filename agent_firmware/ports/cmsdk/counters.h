// Free-running counters of Arm's MPS2 and MPS3 FPGA images and of the SSE-300 subsystem. Sources: MPS2
// application notes AN386, AN505 (FPGAIO), SSE-300 technical reference manual (system counter).
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/counter.h"
#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::cmsdk {

// FPGAIO COUNTER: 32 bit, runs from reset without set-up.
template <std::uintptr_t kFpgaioBase, std::uint64_t kHz>
struct FpgaioCounter {
  static constexpr bool counts_core_cycles() { return false; }
  static constexpr std::uint64_t ticks_per_second() { return kHz; }
  static constexpr std::uint64_t period() { return std::uint64_t{1} << 32; }
  static void init() {}
  static std::uint64_t now() { return wide_.extend(reg32(kFpgaioBase + 0x18)); }

 private:
  static inline WideCounter wide_;
};

// System counter of SSE-300: 64 bit, enabled by software.
template <std::uintptr_t kControlBase, std::uint64_t kHz>
struct SystemCounter {
  static constexpr bool counts_core_cycles() { return false; }
  static constexpr std::uint64_t ticks_per_second() { return kHz; }
  static constexpr std::uint64_t period() { return UINT64_MAX; }
  static void init() { reg32(kControlBase) = 1; }
  static std::uint64_t now() {
    for (;;) {
      const std::uint32_t high = reg32(kControlBase + 0xC);
      const std::uint32_t low = reg32(kControlBase + 0x8);
      if (reg32(kControlBase + 0xC) == high) return std::uint64_t{high} << 32 | low;
    }
  }
};

}  // namespace tinyrig::port::cmsdk
