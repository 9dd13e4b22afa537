// Nordic's Power Profiler Kit II as what gives one board its power: source mode, its output on while the port is open.
//
// It takes the voltage away within half a second after whoever has its port open lets go of it, so the port stays open
// for as long as the board is to live. Protocol: one byte of command, then its parameters, numbers with the high byte
// first (what pc-nrfconnect-ppk sends); the answer to GET_METADATA is text that ends in "END".
//
// One executor, one call at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "server/link/transport.h"

namespace tinyrig::power {

constexpr std::uint32_t kPpk2LowestMv = 800, kPpk2HighestMv = 5'000;

struct Ppk2Options {
  std::string port;
  std::uint32_t supply_mv = 0;  // kPpk2LowestMv to kPpk2HighestMv
  std::chrono::milliseconds off_time{2'000};
};

class Ppk2Supply {
 public:
  explicit Ppk2Supply(Ppk2Options options) : options_(std::move(options)) {}

  /// Gives power, unless it does already. UNAVAILABLE (POWER_SWITCH_UNREACHABLE): no port, or another process has it;
  /// FAILED_PRECONDITION (POWER_SWITCH_REFUSED): what answers there is no PPK2; CANCELLED.
  boost::asio::awaitable<absl::Status> supply();
  /// Off, and after a while on again. As supply().
  boost::asio::awaitable<absl::Status> cycle();
  /// Ends a pending call with CANCELLED. The board loses its power.
  void cancel();

 private:
  boost::asio::awaitable<absl::Status> open();
  boost::asio::awaitable<absl::Status> greet();
  boost::asio::awaitable<absl::Status> drain();
  // Fails as soon as the device is gone. What it says is dropped.
  boost::asio::awaitable<absl::Status> listen_until(link::Transport::Clock::time_point end);
  boost::asio::awaitable<absl::Status> send(std::string command);
  absl::Status lost(const absl::Status& why);

  const Ppk2Options options_;
  std::shared_ptr<link::Transport> line_;  // null: no power
};

}  // namespace tinyrig::power
