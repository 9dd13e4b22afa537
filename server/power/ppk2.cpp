#include "server/power/ppk2.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <span>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/use_tuple.h"
#include "server/link/serial_port.h"
#include "server/power/ppk2_words.h"
#include "server/power/trigger_watch.h"

namespace tinyrig::power {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using Clock = link::Transport::Clock;

// Commands with their parameters.
const std::string kAverageStart("\x06");
const std::string kAverageStop("\x07");
const std::string kGetMetadata("\x19");
const std::string kOff("\x0C\x00", 2);
const std::string kOn("\x0C\x01", 2);
std::string regulator(std::uint32_t millivolts) {
  return {'\x0D', static_cast<char>(millivolts >> 8), static_cast<char>(millivolts)};
}
std::string power_mode(Ppk2Options::Mode mode) { return {'\x11', static_cast<char>(mode)}; }

constexpr milliseconds kAnswerPatience{2'000};
// A crashed program may have left it streaming at 400 kB/s: it is silent when nothing came for so long.
constexpr milliseconds kSilence{100};
constexpr milliseconds kLongestDrain{3'000};
constexpr std::size_t kLongestMetadata = 4'096;

absl::Status given_up() { return absl::CancelledError("talking to the PPK2 was given up"); }

absl::Status failed(absl::StatusCode code, const char* reason, std::string message, std::string hint) {
  return make_error(code, reason, std::move(message), std::move(hint));
}

// The same trouble has another name for who wanted power than for who wanted to measure.
absl::Status named(const char* part, const absl::Status& status) {
  const std::string reason = reason_of(status);
  if (reason != "UNREACHABLE" && reason != "REFUSED") return status;
  return make_error(status.code(), absl::StrCat(part, "_", reason), std::string(status.message()), hint_of(status));
}
constexpr char kAsPower[] = "POWER_SWITCH", kAsInstrument[] = "INSTRUMENT";

}  // namespace

// What comes in between start() and stop(). Shared with the coroutine that reads.
struct Ppk2::Recording {
  Recording(const asio::any_io_executor& executor, TriggerWatch trigger)
      : watch(std::move(trigger)), changed(executor) {}

  awaitable<void> read(std::shared_ptr<link::Transport> line, std::size_t longest_bytes) {
    std::vector<std::uint8_t> buffer(64 * 1024);
    for (;;) {
      auto reading = line->read_some(buffer, Clock::now() + kSilence);
      const absl::StatusOr<std::size_t> count = co_await std::move(reading);
      if (absl::IsDeadlineExceeded(count.status())) {
        if (stopping) break;
        continue;  // who waits has patience of its own
      }
      if (!count.ok()) {
        if (end.ok()) end = count.status();
        break;
      }
      last_bytes = Clock::now();
      if (!end.ok()) continue;
      if (capture.bytes.size() + *count > longest_bytes) {
        end = make_error(absl::StatusCode::kResourceExhausted, "CAPTURE_TOO_LONG",
                         absl::StrCat("the recording is longer than ", longest_bytes, " bytes"),
                         "Ask for fewer or shorter windows.");
        capture.bytes = {};  // what comes until it is told to stop is dropped
      } else {
        const std::span<const std::uint8_t> bytes(buffer.data(), *count);
        capture.bytes.insert(capture.bytes.end(), bytes.begin(), bytes.end());
        watch.take(bytes);
      }
      changed.cancel();
    }
    over = true;
    changed.cancel();
  }

  // A sender that is behind when it is told to stop does not catch up: that is no loss.
  std::uint64_t host_us() const {
    const auto length = std::min(told_to_stop, last_bytes) - started;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(length).count());
  }

  // Until something changed, or the deadline.
  awaitable<void> wait(Time deadline) {
    changed.expires_at(deadline);
    co_await changed.async_wait(kUseTuple);
  }

  Capture capture;
  TriggerWatch watch;
  asio::steady_timer changed;
  Time started = Clock::now(), last_bytes = started, told_to_stop = Time::max();
  absl::Status end;       // why nothing is recorded any more
  bool stopping = false;  // it was told to
  bool over = false;      // the line is free again
};

awaitable<absl::Status> Ppk2::supply() {
  const absl::Status supplied = co_await give_power();
  co_return named(kAsPower, supplied);
}

awaitable<absl::Status> Ppk2::cycle() {
  const absl::Status cycled = co_await cycle_power();
  co_return named(kAsPower, cycled);
}

awaitable<absl::Status> Ppk2::give_power() {
  // One that records is there, as far as anyone knows; it is not listened to twice.
  if (recording_ != nullptr && !recording_->over && line_ != nullptr) co_return absl::OkStatus();
  if (line_ != nullptr) {
    // Unplugged meanwhile? Listening tells.
    const absl::Status there = co_await listen_until(Clock::now() + milliseconds(1));
    if (there.ok()) co_return there;
  }
  co_return co_await open();
}

awaitable<absl::Status> Ppk2::cycle_power() {
  if (const auto recording = std::exchange(recording_, nullptr); recording != nullptr) {
    (void)co_await end_recording(recording);  // nobody wants it any more
  }
  TINYRIG_CO_RETURN_IF_ERROR(co_await give_power());
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(kOff));
  TINYRIG_CO_RETURN_IF_ERROR(co_await listen_until(Clock::now() + options_.off_time));
  co_return co_await send(kOn);
}

awaitable<absl::Status> Ppk2::start() {
  if (const auto before = std::exchange(recording_, nullptr); before != nullptr) (void)co_await end_recording(before);
  absl::Status ready = co_await give_power();
  if (ready.ok()) ready = co_await begin_recording();
  co_return named(kAsInstrument, ready);
}

awaitable<absl::Status> Ppk2::begin_recording() {
  Capture capture{.format = kind(),
                  .header = metadata_,
                  .supply_mv = options_.supply_mv,
                  .samples_per_second = kPpk2SamplesPerSecond};
  absl::StatusOr<TriggerWatch> watch = TriggerWatch::of(capture);
  if (!watch.ok()) {
    co_return failed(absl::StatusCode::kFailedPrecondition, "REFUSED",
                     absl::StrCat("PPK2 at ", options_.port, ": ", std::string(watch.status().message())),
                     "Unplug it and plug it in again; look at it with Nordic's own program.");
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto recording = std::make_shared<Recording>(executor, *std::move(watch));
  recording->capture = std::move(capture);
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(kAverageStart));
  if (line_ == nullptr) co_return given_up();
  recording->started = recording->last_bytes = Clock::now();
  recording_ = recording;
  asio::co_spawn(
      executor,
      [recording, line = line_, longest = options_.longest_capture_bytes] { return recording->read(line, longest); },
      asio::detached);
  co_return absl::OkStatus();
}

awaitable<absl::Status> Ppk2::wait_for_windows(std::uint32_t falls, milliseconds low_for, milliseconds patience) {
  const std::shared_ptr<Recording> recording = recording_;
  if (recording == nullptr) co_return given_up();
  const std::uint64_t low_samples = kPpk2SamplesPerSecond / 1'000 * static_cast<std::uint64_t>(low_for.count());
  const Time deadline = Clock::now() + patience;
  while (recording->end.ok() && !recording->over) {
    if (recording->watch.falls() >= falls && recording->watch.low_samples() >= low_samples) {
      co_return absl::OkStatus();
    }
    if (Clock::now() >= deadline) {
      co_return failed(
          absl::StatusCode::kDeadlineExceeded, "INSTRUMENT_NO_EDGE",
          absl::StrCat("the instrument at ", options_.port, " saw the trigger fall ", recording->watch.falls(),
                       " times, not ", falls, ", in ", recording->capture.bytes.size() / kPpk2WordBytes, " samples"),
          "Check the wire from the board's trigger to the instrument's D0, and its reference voltage.");
    }
    co_await recording->wait(deadline);
  }
  if (recording->end.ok()) co_return given_up();
  co_return named(kAsInstrument, lost(recording->end));
}

awaitable<absl::StatusOr<Capture>> Ppk2::stop() {
  const auto recording = std::exchange(recording_, nullptr);
  if (recording == nullptr) co_return given_up();
  const absl::Status ended = co_await end_recording(recording);
  if (!ended.ok()) co_return named(kAsInstrument, ended);
  co_return std::move(recording->capture);
}

awaitable<absl::Status> Ppk2::end_recording(std::shared_ptr<Recording> recording) {
  if (!recording->over) {
    const absl::Status sent = co_await send(kAverageStop);
    if (!sent.ok()) co_return sent;
    recording->told_to_stop = Clock::now();
    recording->stopping = true;
  }
  const Time deadline = Clock::now() + kLongestDrain;
  while (!recording->over && Clock::now() < deadline) co_await recording->wait(deadline);
  if (!recording->over) {
    cancel();
    co_return failed(absl::StatusCode::kFailedPrecondition, "REFUSED",
                     absl::StrCat(options_.port, " does not fall silent when a PPK2 is told to"),
                     "Unplug it and plug it in again.");
  }
  if (!recording->end.ok()) co_return lost(recording->end);
  recording->capture.host_us = recording->host_us();
  co_return absl::OkStatus();
}

void Ppk2::cancel() {
  if (line_ != nullptr) line_->close();
  line_ = nullptr;
}

awaitable<absl::Status> Ppk2::open() {
  // A USB device of its own: any speed will do.
  auto port = link::SerialPort::open(co_await asio::this_coro::executor, options_.port);
  if (!port.ok()) {
    co_return failed(absl::StatusCode::kUnavailable, "UNREACHABLE",
                     absl::StrCat("PPK2: ", std::string(port.status().message())), hint_of(port.status()));
  }
  line_ = *std::move(port);
  const absl::Status greeted = co_await greet();
  if (!greeted.ok()) line_ = nullptr;
  co_return greeted;
}

awaitable<absl::Status> Ppk2::greet() {
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(kAverageStop));
  TINYRIG_CO_RETURN_IF_ERROR(co_await drain());
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(kGetMetadata));
  std::string metadata;
  std::array<std::uint8_t, 512> buffer{};
  const Time deadline = Clock::now() + kAnswerPatience;
  while (!absl::StrContains(metadata, "END") && metadata.size() < kLongestMetadata) {
    const std::shared_ptr<link::Transport> line = line_;
    if (line == nullptr) co_return given_up();
    auto reading = line->read_some(buffer, deadline);
    const absl::StatusOr<std::size_t> count = co_await std::move(reading);
    if (absl::IsDeadlineExceeded(count.status())) break;
    if (!count.ok()) co_return lost(count.status());
    metadata.append(reinterpret_cast<const char*>(buffer.data()), *count);
  }
  if (!absl::StrContains(metadata, "END") || !absl::StrContains(metadata, "VDD:")) {
    co_return failed(absl::StatusCode::kFailedPrecondition, "REFUSED",
                     absl::StrCat(options_.port, " does not answer as a PPK2 does",
                                  metadata.empty() ? "" : ": " + clean_text(metadata, 100)),
                     "Check the farm file: a PPK2 has two serial ports, the first is meant.");
  }
  metadata_ = std::move(metadata);
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(regulator(options_.supply_mv)));
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(power_mode(options_.mode)));
  co_return co_await send(kOn);
}

awaitable<absl::Status> Ppk2::listen_until(Time end) {
  std::array<std::uint8_t, 512> unasked{};
  for (;;) {
    const std::shared_ptr<link::Transport> line = line_;
    if (line == nullptr) co_return given_up();
    auto reading = line->read_some(unasked, end);
    const absl::StatusOr<std::size_t> count = co_await std::move(reading);
    if (absl::IsDeadlineExceeded(count.status())) co_return absl::OkStatus();
    if (!count.ok()) co_return lost(count.status());
  }
}

awaitable<absl::Status> Ppk2::drain() {
  std::array<std::uint8_t, 4'096> buffer{};
  const Time last = Clock::now() + kLongestDrain;
  while (Clock::now() < last) {
    const std::shared_ptr<link::Transport> line = line_;
    if (line == nullptr) co_return given_up();
    auto reading = line->read_some(buffer, Clock::now() + kSilence);
    const absl::StatusOr<std::size_t> count = co_await std::move(reading);
    if (absl::IsDeadlineExceeded(count.status())) co_return absl::OkStatus();
    if (!count.ok()) co_return lost(count.status());
  }
  co_return failed(absl::StatusCode::kFailedPrecondition, "REFUSED",
                   absl::StrCat(options_.port, " does not fall silent when a PPK2 is told to"),
                   "Check the farm file: is a PPK2 at this port?");
}

awaitable<absl::Status> Ppk2::send(std::string command) {
  const std::shared_ptr<link::Transport> line = line_;
  if (line == nullptr) co_return given_up();
  auto writing = line->write({reinterpret_cast<const std::uint8_t*>(command.data()), command.size()},
                             Clock::now() + kAnswerPatience);
  const absl::Status written = co_await std::move(writing);
  co_return written.ok() ? written : lost(written);
}

absl::Status Ppk2::lost(const absl::Status& why) {
  if (absl::IsResourceExhausted(why)) return why;  // it is there, and said too much
  line_ = nullptr;
  if (absl::IsCancelled(why)) return why;
  return failed(absl::StatusCode::kUnavailable, "UNREACHABLE",
                absl::StrCat("PPK2 at ", options_.port, ": ", std::string(why.message())), "Check its cable.");
}

}  // namespace tinyrig::power
