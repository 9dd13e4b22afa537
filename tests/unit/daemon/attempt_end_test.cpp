// Whose fault an error is: a model's never sends the run to another board, a board's never ends as the user's.
#include "server/daemon/attempt_end.h"

#include <gtest/gtest.h>

#include "server/base/error.h"
#include "server/bench/run_result.h"

namespace tinyrig::daemon {
namespace {

using absl::StatusCode;

struct Case {
  StatusCode code;
  const char* reason;
  v1::Outcome outcome;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.reason; }

class EndOfFailureTest : public ::testing::TestWithParam<Case> {};

TEST_P(EndOfFailureTest, BlamesWhoCanDoSomethingAboutIt) {
  const jobs::AttemptEnd end = end_of_failure(make_error(GetParam().code, GetParam().reason, "it went wrong"));
  EXPECT_EQ(end.outcome, GetParam().outcome) << v1::Outcome_Name(end.outcome);
  EXPECT_EQ(end.reason, GetParam().reason);
  EXPECT_EQ(end.message, "it went wrong");
  EXPECT_FALSE(end.result.has_value());
}

INSTANTIATE_TEST_SUITE_P(
    Model, EndOfFailureTest,
    ::testing::Values(Case{StatusCode::kResourceExhausted, "MODEL_TOO_LARGE_FOR_RAM", v1::OUTCOME_USER_ERROR},
                      Case{StatusCode::kResourceExhausted, "MODEL_TOO_LARGE_FOR_SLOT", v1::OUTCOME_USER_ERROR},
                      Case{StatusCode::kResourceExhausted, "ARENA_TOO_SMALL", v1::OUTCOME_USER_ERROR},
                      Case{StatusCode::kResourceExhausted, "MODEL_TOO_LARGE", v1::OUTCOME_USER_ERROR},
                      Case{StatusCode::kOutOfRange, "WINDOW_TOO_LONG", v1::OUTCOME_USER_ERROR},
                      Case{StatusCode::kInvalidArgument, "MODEL_OPERATOR_UNSUPPORTED", v1::OUTCOME_USER_ERROR}));

INSTANTIATE_TEST_SUITE_P(Board, EndOfFailureTest,
                         ::testing::Values(Case{StatusCode::kDeadlineExceeded, "AGENT_SILENT", v1::OUTCOME_BOARD_ERROR},
                                           Case{StatusCode::kUnavailable, "UNPLUGGED", v1::OUTCOME_BOARD_ERROR},
                                           Case{StatusCode::kUnavailable, "FLASHER_LOST", v1::OUTCOME_BOARD_ERROR},
                                           Case{StatusCode::kAborted, "BOARD_RESET", v1::OUTCOME_BOARD_ERROR},
                                           Case{StatusCode::kAborted, "BOARD_CHANGED", v1::OUTCOME_BOARD_ERROR},
                                           Case{StatusCode::kDataLoss, "LINK_TOO_NOISY", v1::OUTCOME_BOARD_ERROR},
                                           Case{StatusCode::kDataLoss, "FLASH_VERIFY_FAILED", v1::OUTCOME_BOARD_ERROR},
                                           Case{StatusCode::kFailedPrecondition, "NO_SESSION", v1::OUTCOME_BOARD_ERROR},
                                           // Begins like the packer's refusals, and is none.
                                           Case{StatusCode::kFailedPrecondition, "MODEL_NOT_FOR_THIS_BOARD",
                                                v1::OUTCOME_BOARD_ERROR}));

INSTANTIATE_TEST_SUITE_P(Service, EndOfFailureTest,
                         ::testing::Values(Case{StatusCode::kInternal, "MODEL_MISMATCH", v1::OUTCOME_INFRA_ERROR},
                                           Case{StatusCode::kInternal, "OPERATOR_FAILED", v1::OUTCOME_INFRA_ERROR},
                                           Case{StatusCode::kNotFound, "MODEL_UNKNOWN", v1::OUTCOME_INFRA_ERROR},
                                           Case{StatusCode::kInvalidArgument, "AGENT_BAD_REQUEST",
                                                v1::OUTCOME_INFRA_ERROR},
                                           Case{StatusCode::kUnknown, "ANYTHING_ELSE", v1::OUTCOME_INFRA_ERROR}));

INSTANTIATE_TEST_SUITE_P(Request, EndOfFailureTest,
                         ::testing::Values(Case{StatusCode::kCancelled, "CANCELLED", v1::OUTCOME_CANCELLED}));

TEST(EndOfFailure, TellsTheHintToo) {
  const jobs::AttemptEnd end =
      end_of_failure(make_error(StatusCode::kUnavailable, "UNPLUGGED", "the port is gone", "Plug it in."));
  EXPECT_EQ(end.message, "the port is gone. Plug it in.");
}

TEST(EndOfFailure, HasAReasonWhenTheErrorHasNone) {
  const jobs::AttemptEnd end = end_of_failure(absl::InternalError("lost"));
  EXPECT_EQ(end.outcome, v1::OUTCOME_INFRA_ERROR);
  EXPECT_EQ(end.reason, "UNEXPECTED");
}

TEST(EndOfResult, AValidOneSucceedsAndKeepsItsSamples) {
  v1::RunResult result;
  result.set_validity(v1::VALIDITY_VALID);
  result.mutable_latency()->set_median_ticks(17);
  v1::SessionSamples session;
  session.set_session(1);
  session.add_latency_ticks(17);
  const jobs::AttemptEnd end = end_of_result(result, {session});
  EXPECT_EQ(end.outcome, v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(end.reason, "");
  ASSERT_TRUE(end.result.has_value());
  EXPECT_EQ(end.result->latency().median_ticks(), 17);
  ASSERT_EQ(end.samples.size(), 1U);
  EXPECT_EQ(end.samples[0].latency_ticks(0), 17U);
}

TEST(EndOfResult, AnInvalidOneIsInconclusiveAndSaysWhy) {
  v1::RunResult result;
  result.set_validity(v1::VALIDITY_INVALID);
  result.add_invalid_reasons("outputs differ");
  result.add_invalid_reasons("interrupts ran");
  const jobs::AttemptEnd end = end_of_result(result, {});
  EXPECT_EQ(end.outcome, v1::OUTCOME_INCONCLUSIVE);
  EXPECT_EQ(end.reason, "RESULT_INVALID");
  EXPECT_EQ(end.message, "outputs differ; interrupts ran");
  EXPECT_TRUE(end.result.has_value()) << "people want to look at it";
}

// Paced agents test the farm: their results are never valid, and their boards need no other proof for that.
TEST(EndOfResult, PacingAloneSaysNothingAgainstTheBoard) {
  v1::RunResult result;
  result.set_validity(v1::VALIDITY_INVALID);
  result.add_invalid_reasons(bench::kPacedReason);
  const jobs::AttemptEnd paced = end_of_result(result, {});
  EXPECT_EQ(paced.outcome, v1::OUTCOME_INCONCLUSIVE);
  EXPECT_EQ(paced.reason, kInferencePaced);
  EXPECT_TRUE(board_worked(paced));

  result.add_invalid_reasons("outputs differ");
  const jobs::AttemptEnd wrong = end_of_result(result, {});
  EXPECT_EQ(wrong.reason, "RESULT_INVALID");
  EXPECT_FALSE(board_worked(wrong));
}

TEST(EndOfResult, OneThatDoesNotSayIsNotTrusted) {
  EXPECT_EQ(end_of_result(v1::RunResult(), {}).outcome, v1::OUTCOME_INCONCLUSIVE);
}

}  // namespace
}  // namespace tinyrig::daemon
