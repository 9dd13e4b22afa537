// What writes a board's flash: the agent's firmware and, where the agent cannot, the model slot.
// Implementations: gdb_remote_flasher.h, recipe_flasher.h, stm32_flasher.h, uf2_flasher.h (docs/flashers.md).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::flash {

struct Segment {
  std::uint32_t address = 0;
  std::vector<std::uint8_t> bytes;
};

// What is to lie where. Segments do not overlap.
struct FirmwareImage {
  std::vector<Segment> segments;

  std::size_t total_bytes() const;
};

struct FlashReport {
  std::size_t bytes_written = 0;
  std::chrono::microseconds write_time{0};
  std::chrono::microseconds verify_time{0};
  bool read_back = true;  // every byte was compared; false: this flasher cannot
};

// Work done so far, of the total: each byte counts twice, once written and once verified.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// One flasher per board. One call at a time, on one executor; every call ends within a deadline. The line to the
/// board's agent should be silent meanwhile: the board stops, and is reset at the end.
class Flasher {
 public:
  virtual ~Flasher() = default;

  /// Writes, reads back, resets. `image` must outlive the call; `progress` may be empty.
  /// INVALID_ARGUMENT (FLASH_IMAGE_EMPTY) · UNAVAILABLE (FLASHER_UNREACHABLE, FLASHER_LOST) ·
  /// DEADLINE_EXCEEDED (FLASHER_TIMEOUT) · FAILED_PRECONDITION (FLASH_WRITE_REFUSED, FLASH_RESET_REFUSED) ·
  /// DATA_LOSS (FLASH_VERIFY_FAILED, FLASHER_PROTOCOL) · those of tool_errors.h · CANCELLED.
  virtual boost::asio::awaitable<absl::StatusOr<FlashReport>> flash(const FirmwareImage& image, Progress progress) = 0;

  /// Memory as it is now; the board pauses for it and goes on. Codes as above.
  virtual boost::asio::awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read(std::uint32_t address,
                                                                                 std::size_t size) = 0;

  /// Resets the board and nothing else. Codes as of flash(). Only when can_reset().
  virtual boost::asio::awaitable<absl::Status> reset() = 0;
  virtual bool can_reset() const = 0;

  /// Ends a pending call with CANCELLED. What was written by then stays.
  virtual void cancel() = 0;

  /// It needs the board's serial port for itself: whoever has it open closes it first.
  virtual bool takes_port() const { return false; }

  /// The board is in its bootloader and can be flashed, though it has no serial port.
  virtual bool waits_for_firmware() const { return false; }
};

}  // namespace tinyrig::flash
