// One frame of the device link: header, payload, CRC-32 over both, COBS, 0x00. Byte layout and meaning of
// every field: docs/link.md. No I/O, no clock, no heap; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/link/cobs.h"
#include "wire/link/crc32.h"

namespace tinyrig::link {

inline constexpr std::uint32_t kProtocolVersion = 1;

enum class FrameKind : std::uint8_t {
  kHello = 1,      // host: starts a session; payload HelloRequest
  kHelloAck = 2,   // board: payload HelloReply
  kData = 3,       // one message
  kAck = 4,        // everything before `ack` came
  kNak = 5,        // the same, and what followed was damaged or missing
  kPoll = 6,       // host: say where you are (answered by an ACK with kPollAnswer), send again what `ack` lacks
  kNoSession = 7,  // board: knows no such session
};

// Of kAck: answers the POLL whose `seq` it repeats.
inline constexpr std::uint8_t kPollAnswer = 1;

struct FrameHeader {
  FrameKind kind;
  std::uint8_t flags;
  std::uint16_t session;  // first two bytes of the session's UUID, little-endian
  std::uint16_t seq;      // of DATA: number of the message; of POLL and its answer: number of the poll
  std::uint16_t ack;      // next DATA that is awaited
  std::uint16_t window;   // encoded bytes that may be under way to the sender of this frame
};

inline constexpr std::size_t kHeaderBytes = 10;
inline constexpr std::size_t kCrcBytes = 4;
inline constexpr std::size_t kFrameOverheadBytes = kHeaderBytes + kCrcBytes;

// Buffer that a decoder needs for frames with such payloads.
constexpr std::size_t decoded_frame_bytes(std::size_t payload_bytes) { return payload_bytes + kFrameOverheadBytes; }
// Bytes on the line at most, with the delimiter.
constexpr std::size_t max_encoded_bytes(std::size_t payload_bytes) {
  return cobs_max_bytes(decoded_frame_bytes(payload_bytes)) + 1;
}
inline constexpr std::size_t kControlFrameBytes = max_encoded_bytes(0);

namespace detail {
inline void put_u16(std::uint8_t* out, std::uint16_t value) {
  out[0] = static_cast<std::uint8_t>(value & 0xFFU);
  out[1] = static_cast<std::uint8_t>(value >> 8);
}
inline std::uint16_t get_u16(const std::uint8_t* in) {
  return static_cast<std::uint16_t>(in[0] | static_cast<unsigned>(in[1]) << 8);
}
}  // namespace detail

// `out` holds max_encoded_bytes(payload.size()) at least; returns the encoded bytes, delimiter included.
inline std::size_t encode_frame(const FrameHeader& header, std::span<const std::uint8_t> payload, std::uint8_t* out) {
  std::uint8_t head[kHeaderBytes];
  head[0] = static_cast<std::uint8_t>(header.kind);
  head[1] = header.flags;
  detail::put_u16(head + 2, header.session);
  detail::put_u16(head + 4, header.seq);
  detail::put_u16(head + 6, header.ack);
  detail::put_u16(head + 8, header.window);
  const std::uint32_t crc = crc32(payload, crc32(std::span<const std::uint8_t>(head)));
  std::uint8_t tail[kCrcBytes];
  detail::put_u16(tail, static_cast<std::uint16_t>(crc & 0xFFFFU));
  detail::put_u16(tail + 2, static_cast<std::uint16_t>(crc >> 16));

  CobsEncoder encoder(out);
  encoder.push(head);
  encoder.push(payload);
  encoder.push(tail);
  const std::size_t size = encoder.finish();
  out[size] = 0;
  return size + 1;
}

enum class Decoded : std::uint8_t {
  kNothing,  // needs more bytes
  kFrame,    // header() and payload() hold it until the next feed()
  kBad,      // what ended with a delimiter is no frame: noise, damage, text, or too long
};

// Byte-fed, on the caller's buffer of decoded_frame_bytes(largest payload).
class FrameDecoder {
 public:
  explicit FrameDecoder(std::span<std::uint8_t> buffer) : cobs_(buffer) {}

  // Takes bytes up to the first delimiter that ends something; `used` says how many.
  Decoded feed(std::span<const std::uint8_t> bytes, std::size_t& used) {
    if (done_) {
      cobs_.reset();
      done_ = false;
    }
    used = 0;
    while (used < bytes.size()) {
      used += cobs_.feed(bytes.subspan(used));
      if (used == bytes.size()) {
        return Decoded::kNothing;
      }
      ++used;  // the delimiter
      if (cobs_.started()) {
        done_ = true;
        return parse() ? Decoded::kFrame : Decoded::kBad;
      }
    }
    return Decoded::kNothing;
  }

  const FrameHeader& header() const { return header_; }
  std::span<const std::uint8_t> payload() const { return payload_; }

 private:
  bool parse() {
    const std::span<const std::uint8_t> bytes = cobs_.decoded();
    if (!cobs_.whole() || bytes.size() < kFrameOverheadBytes) {
      return false;
    }
    const std::uint8_t* tail = bytes.data() + bytes.size() - kCrcBytes;
    const std::uint32_t crc = detail::get_u16(tail) | static_cast<std::uint32_t>(detail::get_u16(tail + 2)) << 16;
    if (crc32(bytes.first(bytes.size() - kCrcBytes)) != crc) {
      return false;
    }
    if (bytes[0] < static_cast<std::uint8_t>(FrameKind::kHello) ||
        bytes[0] > static_cast<std::uint8_t>(FrameKind::kNoSession)) {
      return false;
    }
    header_ = {.kind = static_cast<FrameKind>(bytes[0]),
               .flags = bytes[1],
               .session = detail::get_u16(bytes.data() + 2),
               .seq = detail::get_u16(bytes.data() + 4),
               .ack = detail::get_u16(bytes.data() + 6),
               .window = detail::get_u16(bytes.data() + 8)};
    payload_ = bytes.subspan(kHeaderBytes, bytes.size() - kFrameOverheadBytes);
    return true;
  }

  CobsDecoder cobs_;
  FrameHeader header_{};
  std::span<const std::uint8_t> payload_;
  bool done_ = false;
};

}  // namespace tinyrig::link
