// Registers: memory that means something.
#pragma once

#include <cstdint>

namespace tinyrig::port {

inline volatile std::uint32_t& reg32(std::uintptr_t address) {
  return *reinterpret_cast<volatile std::uint32_t*>(address);
}

inline volatile std::uint8_t& reg8(std::uintptr_t address) {
  return *reinterpret_cast<volatile std::uint8_t*>(address);
}

}  // namespace tinyrig::port
