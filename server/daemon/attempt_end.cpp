#include "server/daemon/attempt_end.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/bench/run_result.h"

namespace tinyrig::daemon {
namespace {

v1::Outcome outcome_of(const absl::Status& status, const std::string& reason) {
  if (status.code() == absl::StatusCode::kCancelled) return v1::OUTCOME_CANCELLED;
  static const std::set<std::string> kUserReasons = {
      "MODEL_TOO_LARGE_FOR_RAM", "MODEL_TOO_LARGE_FOR_SLOT", "ARENA_TOO_SMALL", "MODEL_TOO_LARGE", "WINDOW_TOO_LONG",
      "RUNTIME_NOT_CARRIED",     "INSTRUMENT_MISSING",       "TRIGGER_MISSING", "CAPTURE_TOO_LONG"};
  if (kUserReasons.contains(reason)) return v1::OUTCOME_USER_ERROR;
  // The packer's refusals and the runtime's, and nothing else, begin like this.
  if (status.code() == absl::StatusCode::kInvalidArgument && absl::StartsWith(reason, "MODEL_")) {
    return v1::OUTCOME_USER_ERROR;
  }
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kFailedPrecondition:
      return v1::OUTCOME_BOARD_ERROR;
    default:
      return v1::OUTCOME_INFRA_ERROR;
  }
}

}  // namespace

jobs::AttemptEnd end_of_failure(const absl::Status& status) {
  jobs::AttemptEnd end;
  const std::string reason = reason_of(status);
  end.outcome = outcome_of(status, reason);
  end.reason = reason.empty() ? "UNEXPECTED" : reason;
  end.message = std::string(status.message());
  if (const std::string hint = hint_of(status); !hint.empty()) absl::StrAppend(&end.message, ". ", hint);
  return end;
}

jobs::AttemptEnd end_of_result(v1::RunResult result, std::vector<v1::SessionSamples> samples) {
  jobs::AttemptEnd end;
  end.outcome = v1::OUTCOME_SUCCEEDED;
  if (result.validity() != v1::VALIDITY_VALID) {
    end.outcome = v1::OUTCOME_INCONCLUSIVE;
    const bool only_paced = result.invalid_reasons_size() == 1 && result.invalid_reasons(0) == bench::kPacedReason;
    end.reason = only_paced ? kInferencePaced : "RESULT_INVALID";
    end.message = absl::StrJoin(result.invalid_reasons(), "; ");
  }
  end.result = std::move(result);
  end.samples = std::move(samples);
  return end;
}

bool board_worked(const jobs::AttemptEnd& end) {
  return end.outcome == v1::OUTCOME_SUCCEEDED ||
         (end.outcome == v1::OUTCOME_INCONCLUSIVE && end.reason == kInferencePaced);
}

}  // namespace tinyrig::daemon
