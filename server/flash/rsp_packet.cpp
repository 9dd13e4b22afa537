#include "server/flash/rsp_packet.h"

#include <utility>

namespace tinyrig::flash {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

int hex_value(std::uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool needs_escape(char c) { return c == '#' || c == '$' || c == '}' || c == '*'; }

}  // namespace

std::string encode_packet(std::string_view payload) {
  std::string packet = "$";
  packet.reserve(payload.size() + 4);
  for (const char c : payload) {
    if (needs_escape(c)) {
      packet += '}';
      packet += static_cast<char>(c ^ 0x20);
    } else {
      packet += c;
    }
  }
  std::uint8_t sum = 0;
  for (std::size_t i = 1; i < packet.size(); ++i) sum = static_cast<std::uint8_t>(sum + packet[i]);
  packet += '#';
  packet += kHexDigits[sum >> 4];
  packet += kHexDigits[sum & 15];
  return packet;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    hex += kHexDigits[byte >> 4];
    hex += kHexDigits[byte & 15];
  }
  return hex;
}

std::string to_hex(std::string_view text) {
  return to_hex(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::vector<std::uint8_t> bytes(hex.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_value(static_cast<std::uint8_t>(hex[2 * i]));
    const int low = hex_value(static_cast<std::uint8_t>(hex[2 * i + 1]));
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return bytes;
}

void RspDecoder::append(char c, std::size_t times) {
  if (times > kLongestPayload - payload_.size()) {
    damaged_ = true;
    return;
  }
  payload_.append(times, c);
}

std::optional<RspEvent> RspDecoder::feed(std::uint8_t byte) {
  // '$' is escaped inside of payloads, so it always starts a packet: what was open before was cut off.
  if (byte == '$') {
    state_ = State::kPayload;
    payload_.clear();
    damaged_ = false;
    sum_ = 0;
    return std::nullopt;
  }
  if (state_ == State::kPayload || state_ == State::kEscape || state_ == State::kRun) {
    if (byte == '#') {
      if (state_ != State::kPayload) damaged_ = true;
      state_ = State::kSumHigh;
      return std::nullopt;
    }
    sum_ = static_cast<std::uint8_t>(sum_ + byte);
  }
  switch (state_) {
    case State::kBetween:
      if (byte == '+') return RspEvent{RspEvent::Kind::kAcknowledge, {}};
      if (byte == '-') return RspEvent{RspEvent::Kind::kRepeat, {}};
      if (byte == 0x03) return RspEvent{RspEvent::Kind::kInterrupt, {}};
      return std::nullopt;
    case State::kPayload:
      if (byte == '}') {
        state_ = State::kEscape;
      } else if (byte == '*') {
        state_ = State::kRun;
      } else {
        append(static_cast<char>(byte), 1);
      }
      return std::nullopt;
    case State::kEscape:
      append(static_cast<char>(byte ^ 0x20), 1);
      state_ = State::kPayload;
      return std::nullopt;
    case State::kRun:  // repeats the last character; the count is a printable one above 28
      if (byte < 32 || byte > 126 || payload_.empty()) {
        damaged_ = true;
      } else {
        append(payload_.back(), static_cast<std::size_t>(byte - 29));
      }
      state_ = State::kPayload;
      return std::nullopt;
    case State::kSumHigh:
      stated_sum_ = hex_value(byte);
      state_ = State::kSumLow;
      return std::nullopt;
    case State::kSumLow: {
      const int low = hex_value(byte);
      state_ = State::kBetween;
      if (damaged_ || stated_sum_ < 0 || low < 0 || (stated_sum_ << 4 | low) != sum_) {
        payload_.clear();
        return RspEvent{RspEvent::Kind::kDamagedPacket, {}};
      }
      return RspEvent{RspEvent::Kind::kPacket, std::exchange(payload_, {})};
    }
  }
  return std::nullopt;
}

}  // namespace tinyrig::flash
