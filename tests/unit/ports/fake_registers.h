// Registers that a test answers for: what was written stays, and what a chip would do on a write is set by the test.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace tinyrig::port {

struct FakeRegisters {
  static inline std::map<std::uintptr_t, std::uint32_t> values;
  static inline std::vector<std::pair<std::uintptr_t, std::uint32_t>> writes;
  // After a write: what the hardware makes of it.
  static inline std::function<void(std::uintptr_t, std::uint32_t)> react;
  static inline std::uint64_t reads = 0;
  // Of writes, by position: the next access was a read of the same address.
  static inline std::set<std::size_t> read_back;

  static void reset() {
    values.clear();
    writes.clear();
    react = nullptr;
    reads = 0;
    read_back.clear();
    just_written_ = false;
  }
  static std::uint32_t read(std::uintptr_t address) {
    ++reads;
    if (just_written_ && writes.back().first == address) read_back.insert(writes.size() - 1);
    just_written_ = false;
    return values[address];
  }
  static void write(std::uintptr_t address, std::uint32_t value) {
    writes.emplace_back(address, value);
    just_written_ = true;
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
  // Was the first write of `bits` there read back before anything else happened?
  static bool is_read_back(std::uintptr_t address, std::uint32_t bits) {
    const int at = first_write(address, bits);
    return at >= 0 && read_back.contains(static_cast<std::size_t>(at));
  }

 private:
  static inline bool just_written_ = false;
};

}  // namespace tinyrig::port
