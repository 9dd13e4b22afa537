// Ring of received bytes between one interrupt handler (push) and the main thread (pop). Lock-free for
// exactly one of each on a single core. A full ring refuses: its producer stops reading the UART, whose
// own flow control or buffer then holds the sender back.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::port {

template <std::size_t kCapacity>
class Ring {
  static_assert((kCapacity & (kCapacity - 1)) == 0, "a power of two: indices wrap freely");

 public:
  static constexpr std::size_t capacity() { return kCapacity; }

  bool full() const { return written_ - read_ == kCapacity; }
  bool empty() const { return written_ == read_; }
  std::size_t size() const { return written_ - read_; }

  // Only when not full.
  void push(std::uint8_t byte) {
    const std::uint32_t at = written_;
    bytes_[at % kCapacity] = byte;
    std::atomic_signal_fence(std::memory_order_release);
    written_ = at + 1;
  }

  std::size_t pop(std::span<std::uint8_t> out) {
    const std::uint32_t available = written_ - read_;
    std::atomic_signal_fence(std::memory_order_acquire);
    const std::size_t count = out.size() < available ? out.size() : available;
    for (std::size_t i = 0; i < count; ++i) out[i] = bytes_[(read_ + i) % kCapacity];
    std::atomic_signal_fence(std::memory_order_release);
    read_ = read_ + static_cast<std::uint32_t>(count);
    return count;
  }

 private:
  std::uint8_t bytes_[kCapacity] = {};
  volatile std::uint32_t written_ = 0;
  volatile std::uint32_t read_ = 0;
};

}  // namespace tinyrig::port
