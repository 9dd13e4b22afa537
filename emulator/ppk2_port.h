// A simulated PPK2 in a board's supply: a PTY behind a stable path, paced by the clock while it streams and idle
// otherwise. It knows the board's trigger line, and replays the windows that come on it.
//
// The board's power is its line switch's: what the PPK2 puts out supplies nothing. One executor, no locks.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "emulator/ppk2_simulator.h"
#include "emulator/window_replay.h"
#include "server/base/child_process.h"

namespace tinyrig::emulator {

class Ppk2Port : public std::enable_shared_from_this<Ppk2Port> {
 public:
  Ppk2Port(boost::asio::any_io_executor executor, std::filesystem::path path, CurrentModel current);
  ~Ppk2Port();

  /// INTERNAL (PTY_FAILED).
  absl::Status plug();
  /// Its USB, which is its power too: it forgets everything.
  void unplug();
  bool plugged() const { return pty_ != nullptr; }

  /// The board has power, and this is its trigger line.
  void attach_board(Fd trigger);
  void detach_board();

  /// For faults.
  Ppk2Simulator& simulator() { return simulator_; }
  const Ppk2Simulator& simulator() const { return simulator_; }
  const std::filesystem::path& path() const { return path_; }
  /// Bytes of words that nobody read in time.
  std::uint64_t dropped_bytes() const { return dropped_; }

 private:
  struct Pty;
  struct TriggerEnd;
  using Clock = std::chrono::steady_clock;

  boost::asio::awaitable<void> serve(std::shared_ptr<Pty> pty);
  boost::asio::awaitable<void> read_trigger(std::shared_ptr<TriggerEnd> trigger);
  boost::asio::awaitable<void> pace();
  boost::asio::awaitable<void> write_backlog(std::shared_ptr<Pty> pty);
  void send(std::string_view bytes);
  void stream_changed(bool streams);
  void come_back_after_reset();
  // False: the PTY is of no use any more.
  bool host_left(Pty& pty);

  const boost::asio::any_io_executor executor_;
  const std::filesystem::path path_;
  WindowReplay replay_;
  Ppk2Simulator simulator_;
  std::shared_ptr<Pty> pty_;
  std::shared_ptr<TriggerEnd> trigger_;
  boost::asio::steady_timer pacing_, output_off_, coming_back_;
  bool paces_ = false;
  Clock::time_point stream_began_;
  std::uint64_t sent_samples_ = 0;  // since then
  std::uint64_t dropped_ = 0;
};

}  // namespace tinyrig::emulator
