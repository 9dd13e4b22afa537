#include "server/power/ppk2_supply.h"

#include <array>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/link/serial_port.h"

namespace tinyrig::power {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using Clock = link::Transport::Clock;

// Commands with their parameters.
const std::string kAverageStop("\x07");
const std::string kGetMetadata("\x19");
const std::string kOff("\x0C\x00", 2);
const std::string kOn("\x0C\x01", 2);
const std::string kSourceMode("\x11\x02", 2);
std::string regulator(std::uint32_t millivolts) {
  return {'\x0D', static_cast<char>(millivolts >> 8), static_cast<char>(millivolts)};
}

constexpr milliseconds kAnswerPatience{2'000};
// A crashed program may have left it streaming at 400 kB/s: it is silent when nothing came for so long.
constexpr milliseconds kSilence{100};
constexpr milliseconds kLongestDrain{3'000};
constexpr std::size_t kLongestMetadata = 4'096;

}  // namespace

awaitable<absl::Status> Ppk2Supply::supply() {
  if (line_ != nullptr) {
    // Unplugged meanwhile? Listening tells.
    const absl::Status there = co_await listen_until(Clock::now() + milliseconds(1));
    if (there.ok()) co_return there;
  }
  co_return co_await open();
}

awaitable<absl::Status> Ppk2Supply::cycle() {
  TINYRIG_CO_RETURN_IF_ERROR(co_await supply());
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(kOff));
  TINYRIG_CO_RETURN_IF_ERROR(co_await listen_until(Clock::now() + options_.off_time));
  co_return co_await send(kOn);
}

void Ppk2Supply::cancel() {
  if (line_ != nullptr) line_->close();
  line_ = nullptr;
}

awaitable<absl::Status> Ppk2Supply::open() {
  // A USB device of its own: any speed will do.
  auto port = link::SerialPort::open(co_await asio::this_coro::executor, options_.port);
  if (!port.ok()) {
    co_return make_error(absl::StatusCode::kUnavailable, "POWER_SWITCH_UNREACHABLE",
                         absl::StrCat("PPK2: ", std::string(port.status().message())), hint_of(port.status()));
  }
  line_ = *std::move(port);
  const absl::Status greeted = co_await greet();
  if (!greeted.ok()) line_ = nullptr;
  co_return greeted;
}

awaitable<absl::Status> Ppk2Supply::greet() {
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(kAverageStop));
  TINYRIG_CO_RETURN_IF_ERROR(co_await drain());
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(kGetMetadata));
  std::string metadata;
  std::array<std::uint8_t, 512> buffer{};
  const Clock::time_point deadline = Clock::now() + kAnswerPatience;
  while (!absl::StrContains(metadata, "END") && metadata.size() < kLongestMetadata) {
    const std::shared_ptr<link::Transport> line = line_;
    if (line == nullptr) co_return absl::CancelledError("switching the power was given up");
    auto reading = line->read_some(buffer, deadline);
    const absl::StatusOr<std::size_t> count = co_await std::move(reading);
    if (absl::IsDeadlineExceeded(count.status())) break;
    if (!count.ok()) co_return lost(count.status());
    metadata.append(reinterpret_cast<const char*>(buffer.data()), *count);
  }
  if (!absl::StrContains(metadata, "END") || !absl::StrContains(metadata, "VDD:")) {
    co_return make_error(absl::StatusCode::kFailedPrecondition, "POWER_SWITCH_REFUSED",
                         absl::StrCat(options_.port, " does not answer as a PPK2 does",
                                      metadata.empty() ? "" : ": " + clean_text(metadata, 100)),
                         "Check 'power' in the farm file: a PPK2 has two serial ports, the first is meant.");
  }
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(regulator(options_.supply_mv)));
  TINYRIG_CO_RETURN_IF_ERROR(co_await send(kSourceMode));
  co_return co_await send(kOn);
}

awaitable<absl::Status> Ppk2Supply::listen_until(Clock::time_point end) {
  std::array<std::uint8_t, 512> unasked{};
  for (;;) {
    const std::shared_ptr<link::Transport> line = line_;
    if (line == nullptr) co_return absl::CancelledError("switching the power was given up");
    auto reading = line->read_some(unasked, end);
    const absl::StatusOr<std::size_t> count = co_await std::move(reading);
    if (absl::IsDeadlineExceeded(count.status())) co_return absl::OkStatus();
    if (!count.ok()) co_return lost(count.status());
  }
}

awaitable<absl::Status> Ppk2Supply::drain() {
  std::array<std::uint8_t, 4'096> buffer{};
  const Clock::time_point last = Clock::now() + kLongestDrain;
  while (Clock::now() < last) {
    const std::shared_ptr<link::Transport> line = line_;
    if (line == nullptr) co_return absl::CancelledError("switching the power was given up");
    auto reading = line->read_some(buffer, Clock::now() + kSilence);
    const absl::StatusOr<std::size_t> count = co_await std::move(reading);
    if (absl::IsDeadlineExceeded(count.status())) co_return absl::OkStatus();
    if (!count.ok()) co_return lost(count.status());
  }
  co_return make_error(absl::StatusCode::kFailedPrecondition, "POWER_SWITCH_REFUSED",
                       absl::StrCat(options_.port, " does not fall silent when a PPK2 is told to"),
                       "Check 'power' in the farm file.");
}

awaitable<absl::Status> Ppk2Supply::send(std::string command) {
  const std::shared_ptr<link::Transport> line = line_;
  if (line == nullptr) co_return absl::CancelledError("switching the power was given up");
  auto writing = line->write({reinterpret_cast<const std::uint8_t*>(command.data()), command.size()},
                             Clock::now() + kAnswerPatience);
  const absl::Status written = co_await std::move(writing);
  co_return written.ok() ? written : lost(written);
}

absl::Status Ppk2Supply::lost(const absl::Status& why) {
  line_ = nullptr;
  if (absl::IsCancelled(why)) return why;
  return make_error(absl::StatusCode::kUnavailable, "POWER_SWITCH_UNREACHABLE",
                    absl::StrCat("PPK2 at ", options_.port, ": ", std::string(why.message())), "Check its cable.");
}

}  // namespace tinyrig::power
