// Nordic's Power Profiler Kit II: what gives one board its power, what measures its energy, or both at once.
//
// In source mode it is the board's supply. It takes the voltage away within half a second after whoever has its port
// open lets go of it, so the port stays open for as long as the board is to live. In ampere mode it lies in another
// supply's way. Protocol: one byte of command, then its parameters, numbers with the high byte first (what
// pc-nrfconnect-ppk sends); the answer to GET_METADATA is text that ends in "END"; samples are words (ppk2_words.h).
//
// One executor. One call at a time, except cancel(); between start() and stop() it reads on by itself.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "server/link/transport.h"
#include "server/power/instrument.h"

namespace tinyrig::power {

constexpr std::uint32_t kPpk2LowestMv = 800, kPpk2HighestMv = 5'000;

struct Ppk2Options {
  enum class Mode : std::uint8_t { kAmpere = 1, kSource = 2 };

  std::string port;
  std::uint32_t supply_mv = 0;  // kPpk2LowestMv to kPpk2HighestMv; in ampere mode, what the other supply gives
  Mode mode = Mode::kSource;
  std::chrono::milliseconds off_time{2'000};
  std::size_t longest_capture_bytes = std::size_t{64} << 20;  // 167 s
};

class Ppk2 final : public Instrument {
 public:
  explicit Ppk2(Ppk2Options options) : options_(std::move(options)) {}
  ~Ppk2() override { cancel(); }
  Ppk2(const Ppk2&) = delete;
  Ppk2& operator=(const Ppk2&) = delete;

  /// Gives power, unless it does already. UNAVAILABLE (POWER_SWITCH_UNREACHABLE): no port, or another process has it;
  /// FAILED_PRECONDITION (POWER_SWITCH_REFUSED): what answers there is no PPK2; CANCELLED.
  boost::asio::awaitable<absl::Status> supply();
  /// Off, and after a while on again. As supply(). A recording ends.
  boost::asio::awaitable<absl::Status> cycle();

  // Instrument. A header that the conversion cannot do without is INSTRUMENT_REFUSED at start().
  std::string kind() const override { return "ppk2"; }
  boost::asio::awaitable<absl::Status> start() override;
  boost::asio::awaitable<absl::Status> wait_for_windows(std::uint32_t falls, std::chrono::milliseconds low_for,
                                                        std::chrono::milliseconds patience) override;
  boost::asio::awaitable<absl::StatusOr<Capture>> stop() override;

  /// Of both: ends a pending call with CANCELLED. The board loses its power.
  void cancel() override;

 private:
  struct Recording;
  using Time = link::Transport::Clock::time_point;

  boost::asio::awaitable<absl::Status> give_power();
  boost::asio::awaitable<absl::Status> cycle_power();
  boost::asio::awaitable<absl::Status> begin_recording();
  // Told to stop, and silent; the line is free for others.
  boost::asio::awaitable<absl::Status> end_recording(std::shared_ptr<Recording> recording);
  boost::asio::awaitable<absl::Status> open();
  boost::asio::awaitable<absl::Status> greet();
  boost::asio::awaitable<absl::Status> drain();
  // Fails as soon as the device is gone. What it says is dropped.
  boost::asio::awaitable<absl::Status> listen_until(Time end);
  boost::asio::awaitable<absl::Status> send(std::string command);
  absl::Status lost(const absl::Status& why);

  const Ppk2Options options_;
  std::shared_ptr<link::Transport> line_;  // null: no power
  std::string metadata_;                   // as it said when the line was opened
  std::shared_ptr<Recording> recording_;   // null: not between start() and stop()
};

}  // namespace tinyrig::power
