// Packets of GDB's remote serial protocol ("Remote Protocol" appendix of the GDB manual): '$' payload '#'
// and two hex digits of an 8-bit sum; '+' and '-' acknowledge; 0x03 interrupts. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tinyrig::flash {

/// "$payload#sum", with '#', '$', '}' and '*' in the payload escaped.
std::string encode_packet(std::string_view payload);

/// "4f4b" of {0x4f, 0x4b}, and back. nullopt: an odd length, or not hex.
std::string to_hex(std::span<const std::uint8_t> bytes);
std::string to_hex(std::string_view text);
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view hex);

struct RspEvent {
  enum class Kind { kPacket, kDamagedPacket, kAcknowledge, kRepeat, kInterrupt };
  Kind kind;
  std::string payload;  // of kPacket: escapes undone, runs expanded
};

/// Finds packets in a stream of hostile bytes. Bytes between packets that mean nothing are skipped. Memory
/// is bounded by kLongestPayload: a longer packet, or a bad escape or run, is a damaged one.
class RspDecoder {
 public:
  static constexpr std::size_t kLongestPayload = 64 * 1024;

  /// What ended with this byte, if anything did.
  std::optional<RspEvent> feed(std::uint8_t byte);

 private:
  enum class State { kBetween, kPayload, kEscape, kRun, kSumHigh, kSumLow };

  void append(char c, std::size_t times);

  State state_ = State::kBetween;
  std::string payload_;
  bool damaged_ = false;
  std::uint8_t sum_ = 0;
  int stated_sum_ = 0;
};

}  // namespace tinyrig::flash
