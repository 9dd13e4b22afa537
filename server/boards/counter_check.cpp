#include "server/boards/counter_check.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/strings/str_format.h"
#include "server/base/error.h"
#include "server/stats/stats.h"

namespace tinyrig::boards {
namespace {

using boost::asio::awaitable;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kCalibrationLoops = 100'000;
// Reading the counter and the call cost some instructions beside the loop.
constexpr double kCalibrationTolerance = 0.001;
// Long beside the milliseconds that USB adds to an answer.
constexpr double kClockWindow_s = 2.2;
constexpr std::size_t kBriefLoops = 5;
constexpr std::size_t kMostLongLoops = 3;

awaitable<absl::StatusOr<TimedLoop>> time_loop(link::AgentSession& session, std::uint32_t loops) {
  const Clock::time_point start = Clock::now();
  const absl::StatusOr<agent::v1::CalibrationReport> report = co_await session.calibrate(loops);
  if (!report.ok()) co_return report.status();
  co_return TimedLoop{
      .board_s = static_cast<double>(report->ticks()) / static_cast<double>(session.board()->ticks_per_second()),
      .host_s = std::chrono::duration<double>(Clock::now() - start).count()};
}

const TimedLoop& least_delayed(const std::vector<TimedLoop>& calls) {
  return *std::min_element(calls.begin(), calls.end(), [](const TimedLoop& a, const TimedLoop& b) {
    return a.host_s - a.board_s < b.host_s - b.board_s;
  });
}

absl::Status check_rate(double rate, double ticks_per_second) {
  if (std::abs(rate - 1) <= kClockTolerance) return absl::OkStatus();
  return make_error(
      absl::StatusCode::kFailedPrecondition, "CLOCK_WRONG",
      absl::StrFormat("its clock runs %.1f %% %s: %.0f ticks in a second of the host, %.0f expected",
                      100 * std::abs(rate - 1), rate < 1 ? "slow" : "fast", rate * ticks_per_second, ticks_per_second),
      "Ticks may be right, times and energy are not: look at its crystal and clock settings (docs/porting.md).");
}

awaitable<absl::Status> check_clock(link::AgentSession& session) {
  const auto ticks_per_second = static_cast<double>(session.board()->ticks_per_second());
  std::vector<TimedLoop> brief, whole;
  while (brief.size() < kBriefLoops) {
    const absl::StatusOr<TimedLoop> call = co_await time_loop(session, kCalibrationLoops);
    if (!call.ok()) co_return call.status();
    brief.push_back(*call);
  }
  const double loops_per_s = kCalibrationLoops / std::max(least_delayed(brief).board_s, 1e-9);
  const auto loops = static_cast<std::uint32_t>(
      std::min(kClockWindow_s * loops_per_s, static_cast<double>(std::numeric_limits<std::uint32_t>::max())));
  absl::Status status;
  do {
    const absl::StatusOr<TimedLoop> call = co_await time_loop(session, loops);
    if (!call.ok()) co_return call.status();
    whole.push_back(*call);
    status = check_rate(clock_rate(brief, whole), ticks_per_second);
  } while (!status.ok() && whole.size() < kMostLongLoops);
  co_return status;
}

}  // namespace

double clock_rate(const std::vector<TimedLoop>& brief, const std::vector<TimedLoop>& whole) {
  const TimedLoop &call = least_delayed(brief), &loop = least_delayed(whole);
  return (loop.board_s - call.board_s) / (loop.host_s - call.host_s);
}

awaitable<absl::StatusOr<double>> check_counter(link::AgentSession& session, const CatalogEntry& type) {
  const absl::StatusOr<agent::v1::CalibrationReport> report = co_await session.calibrate(kCalibrationLoops);
  if (!report.ok()) co_return report.status();
  if (type.checks_clock) {
    const absl::Status clock = co_await check_clock(session);
    if (!clock.ok()) co_return clock;
  }
  if (type.instruction_ns == 0 || report->instructions_per_loop() == 0) co_return 0.0;
  const std::uint64_t counted =
      stats::instructions_from_ticks(report->ticks(), session.board()->ticks_per_second(), type.instruction_ns);
  const double expected = static_cast<double>(kCalibrationLoops) * report->instructions_per_loop();
  const double ratio = static_cast<double>(counted) / expected;
  if (std::abs(ratio - 1) <= kCalibrationTolerance) co_return ratio;
  co_return make_error(absl::StatusCode::kFailedPrecondition, "COUNTER_WRONG",
                       absl::StrFormat("the counter gave %d instructions for a loop of %.0f", counted, expected),
                       "Start the emulator with the instruction time that the catalog states.");
}

}  // namespace tinyrig::boards
