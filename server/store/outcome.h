// What a job's state and outcome follow from: those of its runs. Pure.
#pragma once

#include "tinyrig/v1/job.pb.h"

namespace tinyrig::store {

/// How bad an outcome is for a job that contains it; greater is worse. The user's own errors come first,
/// because only the user can do something about them.
constexpr int badness(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_SUCCEEDED:
      return 1;
    case v1::OUTCOME_CANCELLED:
      return 2;
    case v1::OUTCOME_INCONCLUSIVE:
      return 3;
    case v1::OUTCOME_TIMED_OUT:
      return 4;
    case v1::OUTCOME_BOARD_ERROR:
      return 5;
    case v1::OUTCOME_INFRA_ERROR:
      return 6;
    case v1::OUTCOME_USER_ERROR:
      return 7;
    default:
      return 0;
  }
}

constexpr v1::Outcome worse_of(v1::Outcome a, v1::Outcome b) { return badness(a) >= badness(b) ? a : b; }

}  // namespace tinyrig::store
