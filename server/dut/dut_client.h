// A client of firmware that speaks MLPerf Tiny's text protocol ("device under test"), ours or anyone's: one command,
// its lines, "m-ready". Takes what public logs have: free text between messages, a partial banner, CR and NUL in lines.
//
// Threads: none of its own; all calls, and the transport, belong to one strand; one command at a time.
// Cancellation: destroy or cancel the coroutine at any point; find() brings both ends together again.
//
// Errors of every command (reasons in brackets):
//   UNAVAILABLE [UNPLUGGED]           the line is gone
//   DEADLINE_EXCEEDED [DUT_SILENT]    nothing came for longer than allowed
//   INTERNAL [DUT_ERROR]              the device answered e-[...]
//   INTERNAL [DUT_PROTOCOL]           it answered something else than the protocol has
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/link/transport.h"
#include "server/mlperf/dut_log.h"

namespace tinyrig::dut {

struct Identity {
  std::string name;     // m-name-dut-[...]
  std::string profile;  // m-profile-[...]
  std::string model;    // m-model-[...]: "kws01"
};

class DutClient {
 public:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;
  using Milliseconds = std::chrono::milliseconds;
  /// Every line that came, without its end.
  using LineSink = std::function<void(std::string_view)>;

  /// Of an answer; a device that sends more than that is no such device.
  static constexpr std::size_t kMaxLines = 20'000;
  static constexpr std::size_t kMaxLineBytes = 64 * 1024;
  /// "db ", so many bytes in hexadecimal, '%': the 64 bytes that a device must take before it has answered.
  static constexpr std::size_t kBytesPerCommand = 30;
  static constexpr Milliseconds kAnswerLimit{5'000};
  static constexpr Milliseconds kQuiet{200};

  explicit DutClient(std::unique_ptr<link::Transport> transport, LineSink on_line = nullptr);

  /// Asks for its name until it answers or `timeout` is over: boards boot, and lose what comes meanwhile.
  Awaitable<absl::StatusOr<std::string>> find(Milliseconds timeout);
  Awaitable<absl::StatusOr<Identity>> identify();
  Awaitable<absl::Status> timestamp();
  /// The next inferences' input.
  Awaitable<absl::Status> load(std::span<const std::uint8_t> bytes);
  /// `silence`: the longest time without a line. Complete: count, results and, of a performance build, both times.
  Awaitable<absl::StatusOr<mlperf::Inference>> infer(std::uint64_t iterations, std::uint64_t warmup,
                                                     Milliseconds silence);

  /// One command, without its '%'; the lines before "m-ready".
  Awaitable<absl::StatusOr<std::vector<std::string>>> ask(std::string command, Milliseconds silence = kAnswerLimit);

 private:
  Awaitable<absl::StatusOr<std::vector<std::string>>> exchange(std::string command, Milliseconds silence);
  Awaitable<absl::StatusOr<std::string>> next_line(link::Transport::Clock::time_point deadline);
  /// Drops what comes until nothing came for kQuiet: a banner, answers to commands that were given up.
  Awaitable<absl::Status> drain();

  std::unique_ptr<link::Transport> transport_;
  LineSink on_line_;
  std::string received_;  // beyond the lines that were taken
};

}  // namespace tinyrig::dut
