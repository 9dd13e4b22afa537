// Flashes STM32s through the bootloader in their ROM (stm32_bootloader.h), over the board's serial port.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/flash/flasher.h"
#include "server/flash/stm32_bootloader.h"
#include "server/link/transport.h"

namespace tinyrig::flash {

// What modem lines do to the board's BOOT0 and reset is a matter of its wiring: steps, in data.
struct LineStep {
  enum class Kind { kDtr, kRts, kWait } kind;
  bool on = false;
  std::chrono::milliseconds wait{0};
};

/// "dtr=1", "rts=0", "wait=100" (milliseconds). INVALID_ARGUMENT (FLASH_USAGE).
absl::StatusOr<LineStep> parse_line_step(std::string_view text);

/// "4*16K,1*64K,7*128K": what can be erased at once, from the first byte of flash on. INVALID_ARGUMENT (FLASH_USAGE).
absl::StatusOr<std::vector<std::uint32_t>> parse_sectors(std::string_view text);

struct Stm32Options {
  std::uint32_t baud = 115'200;
  std::uint32_t flash_start = 0x08000000;
  std::uint16_t chip_id = 0;           // what GET ID must say, 0x413 of an STM32F405; 0: anything
  std::vector<std::uint32_t> sectors;  // empty: all flash is erased
  std::vector<LineStep> enter, leave;  // empty `leave`: the program is started by the bootloader
  std::chrono::milliseconds deadline{120'000};
  Stm32Timing timing;
};

/// Of an open line whose board has entered its bootloader. Writes, reads back, starts.
boost::asio::awaitable<absl::StatusOr<FlashReport>> flash_stm32(link::Transport& line, const FirmwareImage& image,
                                                                const Stm32Options& options, Progress progress);

std::unique_ptr<Flasher> make_stm32_flasher(std::string port, Stm32Options options);

/// The same on a line that `open` opens, each time it is needed.
using OpenLine =
    std::function<absl::StatusOr<std::unique_ptr<link::Transport>>(const boost::asio::any_io_executor& executor)>;
std::unique_ptr<Flasher> make_stm32_flasher(OpenLine open, Stm32Options options);

}  // namespace tinyrig::flash
