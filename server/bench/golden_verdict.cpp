#include "server/bench/golden_verdict.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "server/base/error.h"

namespace tinyrig::bench {

double latency_tolerance(v1::TimingSource source) {
  switch (source) {
    case v1::TIMING_SOURCE_INSTRUCTION_COUNT:
      return 0.0001;
    case v1::TIMING_SOURCE_HOST_CLOCK:
      return 3;
    default:
      return 0.02;
  }
}

absl::Status judge_run(const RunRecording& recording, const v1::ExpectedOutput& expected,
                       const model::PackedModel& model) {
  for (const std::uint32_t seen :
       {recording.verification.output_fnv1a32(), recording.sessions.front().output_fnv1a32}) {
    if (seen == expected.output_fnv1a32()) continue;
    std::string message = absl::StrFormat(
        "the golden model's output for input seed %d has the hash %08x, expected %08x, the portable kernels'",
        expected.seed(), seen, expected.output_fnv1a32());
    const int wrong = recording.verification.first_wrong_operator();
    if (wrong >= 0 && wrong < static_cast<int>(model.operators.size())) {
      absl::StrAppend(&message, "; the first wrong operator is #", wrong, " ", model.operators[wrong].kind);
    }
    return make_error(absl::StatusCode::kFailedPrecondition, "GOLDEN_OUTPUT_WRONG", message,
                      "The board computes wrongly: check its supply, clock and memory, or flash its agent again.");
  }
  if (const std::uint32_t interrupts = recording.sessions.front().interrupts; interrupts != 0) {
    return make_error(absl::StatusCode::kFailedPrecondition, "GOLDEN_RUN_DISTURBED",
                      absl::StrCat(interrupts, " interrupts ran while the golden model was measured, expected none"),
                      "The agent's port must mask interrupts while it measures (docs/porting.md).");
  }
  const std::vector<std::uint64_t>& ticks = recording.sessions.front().latency_ticks;
  if (std::find(ticks.begin(), ticks.end(), 0) != ticks.end()) {
    return make_error(absl::StatusCode::kFailedPrecondition, "GOLDEN_LATENCY_WRONG",
                      "the golden model took 0 ticks, expected more: the board's counter stands still",
                      "Check the timer that the agent's port counts with.");
  }
  return absl::OkStatus();
}

absl::Status judge_latency(std::uint64_t ticks, const store::GoldenLatency& before, const v1::BoardType& type) {
  const double tolerance = latency_tolerance(type.timing_source());
  const auto least = static_cast<double>(std::min(ticks, before.ticks));
  const auto most = static_cast<double>(std::max(ticks, before.ticks));
  if (most <= least * (1 + tolerance)) return absl::OkStatus();
  return make_error(
      absl::StatusCode::kFailedPrecondition, "GOLDEN_LATENCY_WRONG",
      absl::StrFormat("the golden model took %s, expected %d within %g %%, as recorded from %s on %s",
                      ticks_text(ticks, type.tick_unit()), before.ticks, 100 * tolerance, before.board_id,
                      absl::FormatTime("%Y-%m-%d %H:%MZ", before.recorded, absl::UTCTimeZone())),
      absl::StrCat("Check the board's clock and supply. If the recorded one is wrong, start tinyrigd with --relearn ",
                   type.id(), "."));
}

std::string ticks_text(std::uint64_t ticks, v1::TickUnit unit) {
  const std::string name = v1::TickUnit_Name(unit);
  return absl::StrCat(ticks, " ", absl::AsciiStrToLower(absl::StripPrefix(name, "TICK_UNIT_")));
}

}  // namespace tinyrig::bench
