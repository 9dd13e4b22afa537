// How a board without a pin for instruments shows when it measures: records on a serial line of its own. On emulated
// boards that line is a second UART, and a simulated instrument replays from it, by the board's own clock, what a real
// one would have seen on a pin.
//
// A record has 10 bytes: its kind, a number in 8 bytes (little-endian), and the exclusive-or of those nine with 0x5A.
// kRate comes once when the board starts, before any edge; rises and falls alternate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tinyrig::trigger_line {

enum class Kind : std::uint8_t {
  kFell = 0xE0,  // number: the board's ticks then
  kRose = 0xE1,  // the same
  kRate = 0xE2,  // number: ticks per second
};

constexpr std::size_t kRecordBytes = 10;
using Record = std::array<std::uint8_t, kRecordBytes>;

constexpr Record encode(Kind kind, std::uint64_t number) {
  Record record{};
  record[0] = static_cast<std::uint8_t>(kind);
  for (std::size_t i = 0; i < 8; ++i) record[1 + i] = static_cast<std::uint8_t>(number >> (8 * i));
  std::uint8_t check = 0x5A;
  for (std::size_t i = 0; i + 1 < kRecordBytes; ++i) check = static_cast<std::uint8_t>(check ^ record[i]);
  record[kRecordBytes - 1] = check;
  return record;
}

/// False: not a record. `kind` and `number` are set only where it is one.
constexpr bool decode(const Record& record, Kind& kind, std::uint64_t& number) {
  if (record[0] < static_cast<std::uint8_t>(Kind::kFell) || record[0] > static_cast<std::uint8_t>(Kind::kRate)) {
    return false;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value |= static_cast<std::uint64_t>(record[1 + i]) << (8 * i);
  if (encode(static_cast<Kind>(record[0]), value) != record) return false;
  kind = static_cast<Kind>(record[0]);
  number = value;
  return true;
}

}  // namespace tinyrig::trigger_line
