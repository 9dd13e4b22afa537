// Text on the serial line, for the programs that prove a port and the kernels (the agent speaks frames).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent_firmware/agent/port.h"

namespace tinyrig::text {

inline void print(const char* text) {
  std::size_t length = 0;
  while (text[length] != '\0') ++length;
  port::write({reinterpret_cast<const std::uint8_t*>(text), length});
}

inline void print_number(std::uint64_t value) {
  char digits[21];
  char* at = digits + sizeof digits;
  *--at = '\0';
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  print(at);
}

inline void print_hex(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    const char pair[3] = {kDigits[byte >> 4], kDigits[byte & 15], '\0'};
    print(pair);
  }
}

inline void print_field(const char* name, std::uint64_t value) {
  print(name);
  print_number(value);
}

inline void print_hash(std::uint32_t hash) {
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(hash >> 24), static_cast<std::uint8_t>(hash >> 16),
                                static_cast<std::uint8_t>(hash >> 8), static_cast<std::uint8_t>(hash)};
  print_hex(bytes);
}

}  // namespace tinyrig::text
