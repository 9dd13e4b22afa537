// Consistent Overhead Byte Stuffing (Cheshire & Baker, 1999): bytes without 0x00, so that 0x00 can end
// a frame. At most one byte in 254 is added. Simple byte-at-a-time code on purpose: on serial lines it is
// never the limit, and it stays small on boards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::link {

// Bytes that `size` bytes take at most, without delimiter.
constexpr std::size_t cobs_max_bytes(std::size_t size) { return size + size / 254 + 1; }

// Encodes pieces one after another into one buffer of at least cobs_max_bytes(sum of sizes) bytes.
class CobsEncoder {
 public:
  explicit CobsEncoder(std::uint8_t* out) : begin_(out), code_(out), next_(out + 1) {}

  void push(std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t byte : bytes) {
      if (byte != 0) {
        *next_++ = byte;
        ++run_;
      }
      if (byte == 0 || run_ == 0xFF) {
        *code_ = run_;
        code_ = next_++;
        run_ = 1;
      }
    }
  }

  // Ends the sequence; returns the number of encoded bytes. Nothing may be pushed afterwards.
  std::size_t finish() {
    *code_ = run_;
    return static_cast<std::size_t>(next_ - begin_);
  }

 private:
  std::uint8_t* begin_;
  std::uint8_t* code_;
  std::uint8_t* next_;
  std::uint8_t run_ = 1;
};

// Decodes what comes between two delimiters, fed in any pieces, into the caller's buffer.
class CobsDecoder {
 public:
  explicit CobsDecoder(std::span<std::uint8_t> buffer) : buffer_(buffer) {}

  // Takes bytes up to the first 0x00 (not included); returns how many. Bytes beyond the buffer are
  // dropped and remembered as overflow.
  std::size_t feed(std::span<const std::uint8_t> bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && bytes[used] != 0) {
      if (remaining_ != 0) {
        used += copy_run(bytes.subspan(used));
        continue;
      }
      if (zero_follows_) {
        put(0);
      }
      remaining_ = static_cast<std::uint8_t>(bytes[used] - 1);
      zero_follows_ = bytes[used] != 0xFF;
      started_ = true;
      ++used;
    }
    return used;
  }

  bool started() const { return started_; }
  // What came so far is a whole sequence that fits the buffer.
  bool whole() const { return started_ && remaining_ == 0 && !overflow_; }
  std::span<std::uint8_t> decoded() const { return buffer_.first(size_); }

  void reset() {
    size_ = 0;
    remaining_ = 0;
    started_ = zero_follows_ = overflow_ = false;
  }

 private:
  // Most bytes of a frame go this way: one load, one test, one store each.
  std::size_t copy_run(std::span<const std::uint8_t> bytes) {
    const std::size_t room = buffer_.size() - size_;
    std::size_t most = remaining_ < bytes.size() ? remaining_ : bytes.size();
    if (most > room) {
      if (room == 0) {
        overflow_ = true;
        --remaining_;
        return 1;
      }
      most = room;
    }
    const std::uint8_t* from = bytes.data();
    const std::uint8_t* const end = from + most;
    std::uint8_t* to = buffer_.data() + size_;
    while (from != end && *from != 0) {
      *to++ = *from++;
    }
    const auto count = static_cast<std::size_t>(from - bytes.data());
    size_ += count;
    remaining_ = static_cast<std::uint8_t>(remaining_ - count);
    return count;
  }

  void put(std::uint8_t byte) {
    if (size_ < buffer_.size()) {
      buffer_[size_++] = byte;
    } else {
      overflow_ = true;
    }
  }

  std::span<std::uint8_t> buffer_;
  std::size_t size_ = 0;
  std::uint8_t remaining_ = 0;
  bool zero_follows_ = false;
  bool started_ = false;
  bool overflow_ = false;
};

}  // namespace tinyrig::link
