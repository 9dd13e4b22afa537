// The asking side of GDB's remote serial protocol over a connected stream: one command, one answer.
//
// Not thread-safe; one command at a time. Every command ends: the client closes the stream when `deadline`
// passes, and a command then fails with DEADLINE_EXCEEDED.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/flash/endpoint.h"
#include "server/flash/memory_map.h"
#include "server/flash/rsp_packet.h"

namespace tinyrig::flash {

class RspClient {
 public:
  RspClient(StreamSocket socket, std::chrono::steady_clock::duration deadline);
  ~RspClient();

  /// Asks what the stub can do and halts the board. Must be the first command.
  boost::asio::awaitable<absl::Status> handshake();

  /// The answer's payload. UNAVAILABLE (FLASHER_LOST) · DEADLINE_EXCEEDED (FLASHER_TIMEOUT) ·
  /// DATA_LOSS (FLASHER_PROTOCOL).
  boost::asio::awaitable<absl::StatusOr<std::string>> command(std::string payload);

  /// At most largest_transfer() bytes. FAILED_PRECONDITION (FLASH_WRITE_REFUSED) also when a read is refused.
  boost::asio::awaitable<absl::Status> write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes);
  boost::asio::awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read_memory(std::uint32_t address,
                                                                                std::size_t size);
  std::size_t largest_transfer() const { return largest_transfer_; }

  /// What of the board's memory is flash, and is written by the three calls below; none when the stub does not tell.
  boost::asio::awaitable<absl::StatusOr<std::vector<FlashRegion>>> flash_regions();

  /// Whole blocks; then bytes of erased blocks, at most largest_transfer() of them; then, once, the end, by when all
  /// of it is in flash. Errors as of write_memory().
  boost::asio::awaitable<absl::Status> erase_flash(std::uint64_t address, std::uint64_t size);
  boost::asio::awaitable<absl::Status> write_flash(std::uint32_t address, std::span<const std::uint8_t> bytes);
  boost::asio::awaitable<absl::Status> finish_flash();

  /// A command of the stub's own monitor. What it prints is dropped. FAILED_PRECONDITION (FLASH_RESET_REFUSED).
  boost::asio::awaitable<absl::Status> monitor(std::string command);

  /// Ends a pending command, and all later ones, with CANCELLED.
  void cancel();

  /// Leaves the board running.
  boost::asio::awaitable<absl::Status> detach();

 private:
  struct Watch;  // closes the socket at the deadline

  boost::asio::awaitable<absl::Status> send(std::string packet);
  boost::asio::awaitable<absl::StatusOr<RspEvent>> receive();
  boost::asio::awaitable<absl::StatusOr<std::string>> receive_packet(const std::string& asked);
  // A command whose answer must be OK; `what` it asks for.
  boost::asio::awaitable<absl::Status> demand(std::string payload, std::string what);
  absl::Status lost(const std::string& what) const;

  std::shared_ptr<Watch> watch_;
  RspDecoder decoder_;
  std::vector<std::uint8_t> received_;
  std::size_t consumed_ = 0;
  std::size_t largest_transfer_ = 256;
  bool tells_memory_map_ = false;
};

}  // namespace tinyrig::flash
