// Registers: memory that means something. Always inlined, for there is code that may not call into flash
// (rp2040/flash.cpp).
#pragma once

#include <cstdint>

namespace tinyrig::port {

// What lies at an address of the chip's map, which is a number until here.
template <class T>
[[gnu::always_inline]] inline T* at_address(std::uintptr_t address) {
  return reinterpret_cast<T*>(address);  // NOLINT(performance-no-int-to-ptr)
}

[[gnu::always_inline]] inline volatile std::uint32_t& reg32(std::uintptr_t address) {
  return *at_address<volatile std::uint32_t>(address);
}
[[gnu::always_inline]] inline volatile std::uint8_t& reg8(std::uintptr_t address) {
  return *at_address<volatile std::uint8_t>(address);
}

// The registers of a driver: the machine's. Tests give drivers a machine of their own.
struct MappedRegisters {
  [[gnu::always_inline]] static std::uint32_t read(std::uintptr_t address) { return reg32(address); }
  [[gnu::always_inline]] static void write(std::uintptr_t address, std::uint32_t value) { reg32(address) = value; }
};

template <class Registers>
void set_bits(std::uintptr_t address, std::uint32_t bits) {
  Registers::write(address, Registers::read(address) | bits);
}

template <class Registers>
void clear_bits(std::uintptr_t address, std::uint32_t bits) {
  Registers::write(address, Registers::read(address) & ~bits);
}

template <class Registers>
void replace_bits(std::uintptr_t address, std::uint32_t mask, std::uint32_t bits) {
  Registers::write(address, (Registers::read(address) & ~mask) | bits);
}

// Waits for hardware, never for ever: false when `mask` did not become `bits` within `rounds` reads. A round takes
// about eight cycles of the core.
template <class Registers>
[[gnu::always_inline]] inline bool poll(std::uintptr_t address, std::uint32_t mask, std::uint32_t bits,
                                        std::uint32_t rounds) {
  for (; rounds != 0; --rounds) {
    if ((Registers::read(address) & mask) == bits) return true;
  }
  return false;
}

}  // namespace tinyrig::port
