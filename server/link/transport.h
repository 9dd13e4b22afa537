// The byte line to a board or instrument: a serial port, a PTY, a socket. One seam for all, so that tests
// put a faulty line in between and nothing above knows what is behind a port.
//
// Thread-safety: none. All calls come from one strand; at most one read and one write at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tinyrig::link {

class Transport {
 public:
  using Clock = std::chrono::steady_clock;

  virtual ~Transport() = default;

  virtual boost::asio::any_io_executor executor() = 0;

  /// At least one byte, or: DEADLINE_EXCEEDED (nothing came in time; the line is as usable as before),
  /// UNAVAILABLE with reason UNPLUGGED (gone for good), CANCELLED (close() was called).
  virtual boost::asio::awaitable<absl::StatusOr<std::size_t>> read_some(std::span<std::uint8_t> buffer,
                                                                        Clock::time_point deadline) = 0;

  /// All bytes are with the operating system, or an error as above. On DEADLINE_EXCEEDED some may be.
  virtual boost::asio::awaitable<absl::Status> write(std::span<const std::uint8_t> bytes,
                                                     Clock::time_point deadline) = 0;

  /// Bits per second. A line without a speed (PTY, socket) accepts any.
  virtual absl::Status set_baud(std::uint32_t baud) = 0;

  /// The modem line that resets many boards. A line without one accepts both.
  virtual absl::Status set_dtr(bool on) = 0;

  /// The other one: with DTR, it brings many boards into their bootloader. As set_dtr().
  virtual absl::Status set_rts(bool on) = 0;

  /// Drops what came and was not read.
  virtual void discard_input() = 0;

  /// Ends a pending read or write with CANCELLED. Idempotent.
  virtual void close() = 0;
};

}  // namespace tinyrig::link
