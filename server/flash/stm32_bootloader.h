// The asking side of ST's serial bootloader, which every STM32 has in ROM (AN3155): one command, one answer.
// Commands that a bad line spoilt are repeated; memory commands may be, they do the same again.
//
// The line runs at even parity. Not thread-safe; one command at a time. Errors are those of tool_errors.h,
// and CANCELLED when the line was closed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/link/transport.h"

namespace tinyrig::flash {

struct Stm32Timing {
  std::chrono::milliseconds answer{1'000};
  std::chrono::milliseconds erase{40'000};  // of all flash, at worst
  std::chrono::milliseconds quiet{100};     // after which no more bytes are on their way
};

class Stm32Bootloader {
 public:
  static constexpr std::size_t kMostBytes = 256;  // of one read or write

  /// `line` outlives it. Nothing takes longer than until `deadline` (FLASH_TIMEOUT).
  Stm32Bootloader(link::Transport& line, link::Transport::Clock::time_point deadline, Stm32Timing timing = {});

  /// The first: the bootloader measures our speed, and says what it can. Also when it was in use before.
  boost::asio::awaitable<absl::Status> synchronize();

  boost::asio::awaitable<absl::StatusOr<std::uint16_t>> chip_id();
  boost::asio::awaitable<absl::Status> erase_all();
  boost::asio::awaitable<absl::Status> erase(std::vector<std::uint16_t> sectors);
  /// `bytes`: at most kMostBytes. Flash is written in words: the last one is filled up with 0xFF.
  boost::asio::awaitable<absl::Status> write(std::uint32_t address, std::span<const std::uint8_t> bytes);
  boost::asio::awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read(std::uint32_t address, std::size_t size);
  /// Starts the program whose vectors lie at `address`; the bootloader is gone then.
  boost::asio::awaitable<absl::Status> go(std::uint32_t address);

 private:
  using Bytes = std::vector<std::uint8_t>;
  using Work = std::function<boost::asio::awaitable<absl::Status>()>;

  boost::asio::awaitable<absl::Status> repeated(std::string what, Work work);
  boost::asio::awaitable<absl::Status> resynchronize();
  boost::asio::awaitable<absl::Status> command(std::uint8_t code);
  boost::asio::awaitable<absl::Status> send(Bytes bytes);
  boost::asio::awaitable<absl::StatusOr<Bytes>> receive(std::size_t count, std::chrono::milliseconds patience);
  boost::asio::awaitable<absl::Status> acknowledged(std::chrono::milliseconds patience);
  boost::asio::awaitable<absl::Status> send_checked(Bytes bytes, std::chrono::milliseconds patience);
  boost::asio::awaitable<absl::Status> ask_commands();
  boost::asio::awaitable<absl::Status> erase_sectors(std::vector<std::uint16_t> sectors);
  boost::asio::awaitable<absl::Status> drain();
  bool has(std::uint8_t code) const;

  link::Transport& line_;
  const link::Transport::Clock::time_point deadline_;
  const Stm32Timing timing_;
  Bytes commands_;
};

}  // namespace tinyrig::flash
