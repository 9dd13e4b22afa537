// Registers that a test answers for: what was written stays, and what a chip would do on a write is set by the test.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace tinyrig::port {

struct FakeRegisters {
  static inline std::map<std::uintptr_t, std::uint32_t> values;
  static inline std::vector<std::pair<std::uintptr_t, std::uint32_t>> writes;
  // After a write: what the hardware makes of it.
  static inline std::function<void(std::uintptr_t, std::uint32_t)> react;
  static inline std::uint64_t reads = 0;

  static void reset() {
    values.clear();
    writes.clear();
    react = nullptr;
    reads = 0;
  }
  static std::uint32_t read(std::uintptr_t address) {
    ++reads;
    return values[address];
  }
  static void write(std::uintptr_t address, std::uint32_t value) {
    writes.emplace_back(address, value);
    values[address] = value;
    if (react) react(address, value);
  }
  // Position of the first write of `bits` there, all of them set; -1: none.
  static int first_write(std::uintptr_t address, std::uint32_t bits) {
    for (std::size_t i = 0; i < writes.size(); ++i) {
      if (writes[i].first == address && (writes[i].second & bits) == bits) return static_cast<int>(i);
    }
    return -1;
  }
};

}  // namespace tinyrig::port
