#include "server/jobs/job_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "server/base/error.h"
#include "tests/support/store/queue_farm.h"

namespace tinyrig::jobs {
namespace {

using namespace testing_support;
using testing::ElementsAre;
using testing::HasSubstr;

class JobQueueTest : public testing::Test {
 protected:
  void SetUp() override {
    farm_.add_model("kws", 'a');
    farm_.add_model("vww", 'b');
  }

  v1::Job submit(std::vector<std::string> models, std::vector<std::string> boards, const std::string& key = "") {
    const auto response = farm_.submit(QueueFarm::spec(std::move(models), std::move(boards)), key);
    EXPECT_TRUE(response.ok()) << response.status();
    return response->job();
  }
  Lease must_take(const BoardView& board) {
    auto lease = farm_.queue().take(board);
    EXPECT_TRUE(lease.has_value()) << "nothing for " << board.id;
    return lease.value_or(Lease());
  }
  void finish(const Lease& lease, v1::Outcome outcome) {
    const absl::Status status = farm_.finish(lease, QueueFarm::end_as(outcome));
    EXPECT_TRUE(status.ok()) << status;
  }
  std::vector<v1::Event> events_since(events::Subscription& subscription) { return subscription.poll(1'000); }

  TemporaryFolder folder_;
  QueueFarm farm_{folder_.path()};
};

TEST_F(JobQueueTest, AJobFromSubmissionToResult) {
  const v1::Job job = submit({"kws"}, {"t"});
  EXPECT_EQ(job.state(), v1::RUN_STATE_QUEUED);
  ASSERT_EQ(job.runs_size(), 1);
  EXPECT_FALSE(farm_.queue().take(kBoardC).has_value());
  const Lease lease = must_take(kBoardA);
  EXPECT_EQ(lease.job_id, job.job_id());
  EXPECT_EQ(lease.attempt, 1u);
  EXPECT_EQ(lease.run.model_sha256(), std::string(64, 'a'));
  EXPECT_EQ(lease.run.settings().sessions(), 3u);
  EXPECT_EQ(lease.run.measurements_size(), 3);
  EXPECT_FALSE(farm_.queue().take(kBoardA).has_value());
  farm_.queue().set_state(lease.run_id, 1, v1::RUN_STATE_MEASURING);
  farm_.queue().set_step(lease.run_id, 1, "session 1 of 3", 0.25);
  farm_.settle();
  v1::Job now = *farm_.queue().job(job.job_id());
  EXPECT_EQ(now.state(), v1::RUN_STATE_MEASURING);
  EXPECT_EQ(now.runs(0).step(), "session 1 of 3");
  EXPECT_EQ(now.runs(0).step_progress(), 0.25);
  EXPECT_EQ(now.runs(0).board_id(), "a");
  finish(lease, v1::OUTCOME_SUCCEEDED);
  now = *farm_.queue().job(job.job_id());
  EXPECT_EQ(now.state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(now.outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(farm_.store().run(lease.run_id)->result().latency().median_ticks(), 100);
  EXPECT_EQ(farm_.store().samples(lease.run_id)->size(), 1u);
}

TEST_F(JobQueueTest, TheSameSubmissionTwiceIsOneJob) {
  const v1::Job job = submit({"kws"}, {"t"}, "key");
  const auto again = farm_.submit(QueueFarm::spec({"kws"}, {"t"}), "key");
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->already_submitted());
  EXPECT_EQ(again->job().job_id(), job.job_id());
  EXPECT_EQ(farm_.queue().queued_runs(), 1u);
  const auto other = farm_.submit(QueueFarm::spec({"vww"}, {"t"}), "key");
  EXPECT_EQ(reason_of(other.status()), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(reason_of(farm_.submit(QueueFarm::spec({"kws"}, {"t"}), std::string(201, 'k')).status()),
            "IDEMPOTENCY_KEY_TOO_LONG");
}

TEST_F(JobQueueTest, TheSameSubmissionAtTheSameTimeIsOneJob) {
  constexpr int kThreads = 8;
  std::vector<std::thread> threads;
  std::vector<std::string> job_ids(kThreads);
  std::atomic<int> fresh = 0;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto response = farm_.submit(QueueFarm::spec({"kws"}, {"t"}), "key");
      if (!response.ok()) return;
      if (!response->already_submitted()) ++fresh;
      job_ids[static_cast<std::size_t>(i)] = response->job().job_id();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, 1);
  for (const std::string& id : job_ids) EXPECT_EQ(id, job_ids[0]);
  EXPECT_EQ(farm_.queue().queued_runs(), 1u);
}

TEST_F(JobQueueTest, AKnownSubmissionIsAnsweredEvenWhenItCouldNotBePlannedAnyMore) {
  v1::JobSpec annotated = QueueFarm::spec({"kws"}, {"t"});
  for (int i = 0; i < 20; ++i) (*annotated.mutable_annotations())["key" + std::to_string(i)] = "value";
  ASSERT_TRUE(farm_.submit(annotated, "key").ok());
  farm_.restart();
  const auto again = farm_.submit(annotated, "key");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->already_submitted());
}

TEST_F(JobQueueTest, APlanningErrorComesThrough) {
  EXPECT_EQ(reason_of(farm_.submit(QueueFarm::spec({"nothing"}, {"t"}), "k").status()), "MODEL_UNKNOWN");
  EXPECT_EQ(reason_of(farm_.submit(QueueFarm::spec({}, {"t"}), "k").status()), "EMPTY_JOB");
  EXPECT_FALSE(farm_.store().find_submission("k")->has_value());
}

TEST_F(JobQueueTest, ARunThatCannotFitEndsAtOnce) {
  const v1::Job job = submit({"kws"}, {"tiny"});
  EXPECT_EQ(job.state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(job.outcome(), v1::OUTCOME_USER_ERROR);
  EXPECT_EQ(job.runs(0).reason(), "MODEL_TOO_LARGE_FOR_RAM");
  EXPECT_EQ(farm_.store().job(job.job_id())->outcome(), v1::OUTCOME_USER_ERROR);
  EXPECT_EQ(farm_.queue().queued_runs(), 0u);
}

TEST_F(JobQueueTest, AFailedRunGoesToAnotherBoardAtMostTwice) {
  (void)farm_.queue().take(kBoardA);  // both are known to be usable
  (void)farm_.queue().take(kBoardB);
  const v1::Job job = submit({"kws"}, {"t"});
  const Lease first = must_take(kBoardA);
  finish(first, v1::OUTCOME_BOARD_ERROR);
  EXPECT_FALSE(farm_.queue().take(kBoardA).has_value()) << "b is there";
  const Lease second = must_take(kBoardB);
  EXPECT_EQ(second.run_id, first.run_id);
  EXPECT_EQ(second.attempt, 2u);
  finish(second, v1::OUTCOME_INFRA_ERROR);
  const Lease third = must_take(kBoardA);
  EXPECT_EQ(third.attempt, 3u);
  finish(third, v1::OUTCOME_BOARD_ERROR);
  const auto run = farm_.store().run(first.run_id);
  EXPECT_EQ(run->summary().state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(run->summary().outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_EQ(run->summary().reason(), "TEST_REASON");
  EXPECT_THAT(run->summary().message(), HasSubstr("3 attempts failed, on a, b, a"));
  EXPECT_EQ(run->attempts_size(), 3);
  EXPECT_EQ(farm_.store().job(job.job_id())->outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_FALSE(farm_.queue().take(kBoardB).has_value());
}

TEST_F(JobQueueTest, AFailedRunComesBackWhenTheOtherBoardGoesAway) {
  (void)farm_.queue().take(kBoardB);
  submit({"kws"}, {"t"});
  finish(must_take(kBoardA), v1::OUTCOME_BOARD_ERROR);
  EXPECT_FALSE(farm_.queue().take(kBoardA).has_value());
  int told = 0;
  farm_.queue().on_work([&] { ++told; });
  farm_.queue().board_unavailable("b");
  EXPECT_EQ(told, 1);
  EXPECT_EQ(must_take(kBoardA).attempt, 2u);
}

TEST_F(JobQueueTest, TheUsersErrorsAreFinal) {
  for (const v1::Outcome outcome :
       {v1::OUTCOME_USER_ERROR, v1::OUTCOME_TIMED_OUT, v1::OUTCOME_INCONCLUSIVE, v1::OUTCOME_CANCELLED}) {
    const v1::Job job = submit({"kws"}, {"t"});
    finish(must_take(kBoardA), outcome);
    EXPECT_EQ(farm_.store().job(job.job_id())->outcome(), outcome);
    EXPECT_FALSE(farm_.queue().take(kBoardA).has_value());
  }
}

TEST_F(JobQueueTest, AnEndWithoutAnOutcomeIsAnInfraError) {
  submit({"kws"}, {"t"});
  const Lease lease = must_take(kBoardA);
  ASSERT_TRUE(farm_.finish(lease, AttemptEnd()).ok());
  const auto run = farm_.store().run(lease.run_id);
  EXPECT_EQ(run->attempts(0).outcome(), v1::OUTCOME_INFRA_ERROR);
  EXPECT_EQ(run->attempts(0).reason(), "OUTCOME_MISSING");
  EXPECT_EQ(run->summary().state(), v1::RUN_STATE_QUEUED);
}

TEST_F(JobQueueTest, AStaleAttemptChangesNothing) {
  submit({"kws"}, {"t"});
  const Lease first = must_take(kBoardA);
  finish(first, v1::OUTCOME_BOARD_ERROR);
  const Lease second = must_take(kBoardB);
  EXPECT_EQ(reason_of(farm_.finish(first, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED))), "ATTEMPT_STALE");
  farm_.queue().set_state(first.run_id, 1, v1::RUN_STATE_MEASURING);
  farm_.queue().set_step(first.run_id, 1, "late", 1);
  EXPECT_EQ(farm_.queue().run(first.run_id)->summary().state(), v1::RUN_STATE_LEASED);
  EXPECT_EQ(farm_.queue().run(first.run_id)->summary().step(), "");
  finish(second, v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(reason_of(farm_.finish(second, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED))), "ATTEMPT_STALE");
  EXPECT_EQ(farm_.store().run(first.run_id)->attempts_size(), 2);
}

TEST_F(JobQueueTest, SessionsWithOneNumberAreToldApart) {
  submit({"kws"}, {"t"});
  const Lease lease = must_take(kBoardA);
  AttemptEnd end = QueueFarm::end_as(v1::OUTCOME_SUCCEEDED);
  end.samples = {test_samples(0, {1}), test_samples(0, {2})};
  ASSERT_TRUE(farm_.finish(lease, end).ok());
  EXPECT_EQ(farm_.store().samples(lease.run_id)->size(), 2u);
}

TEST_F(JobQueueTest, AResultThatTheStoreRefusesEndsItsRunAndBlocksNobody) {
  submit({"kws", "vww"}, {"t"});
  const Lease lease = must_take(kBoardA);
  farm_.disk().set_refuse_results(true);
  EXPECT_TRUE(farm_.finish(lease, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED)).ok());
  const auto run = farm_.store().run(lease.run_id);
  EXPECT_EQ(run->summary().outcome(), v1::OUTCOME_INFRA_ERROR);
  EXPECT_EQ(run->summary().reason(), "RESULT_NOT_STORED");
  EXPECT_FALSE(run->has_result());
  EXPECT_EQ(farm_.queue().unsaved_ends(), 0u);
  EXPECT_TRUE(farm_.queue().take(kBoardA).has_value());
}

TEST_F(JobQueueTest, CancellingEndsWhatWaitsAndTellsTheBoards) {
  std::vector<std::string> stopped;
  farm_.queue().on_cancel(
      [&](const std::string& run_id, const std::string& board_id) { stopped.push_back(run_id + " on " + board_id); });
  const v1::Job job = submit({"kws", "vww"}, {"t"});
  const Lease lease = must_take(kBoardA);
  EXPECT_FALSE(farm_.queue().cancel_requested(lease.run_id));
  const auto cancelled = farm_.cancel(job.job_id());
  farm_.settle();
  ASSERT_TRUE(cancelled.ok());
  EXPECT_TRUE(cancelled->cancel_requested());
  EXPECT_TRUE(farm_.queue().cancel_requested(lease.run_id));
  EXPECT_THAT(stopped, ElementsAre(lease.run_id + " on a"));
  EXPECT_FALSE(farm_.queue().take(kBoardB).has_value());
  // A failure of a cancelled run is not tried again.
  finish(lease, v1::OUTCOME_BOARD_ERROR);
  const auto stored = farm_.store().job(job.job_id());
  EXPECT_EQ(stored->state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(stored->outcome(), v1::OUTCOME_CANCELLED);
  EXPECT_FALSE(farm_.queue().take(kBoardB).has_value());
}

TEST_F(JobQueueTest, CancellingTwiceAndTooLateIsFine) {
  const v1::Job job = submit({"kws"}, {"t"});
  ASSERT_TRUE(farm_.cancel(job.job_id()).ok());
  const auto again = farm_.cancel(job.job_id());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->outcome(), v1::OUTCOME_CANCELLED);
  EXPECT_EQ(reason_of(farm_.cancel("j-unknown").status()), "JOB_UNKNOWN");
}

TEST_F(JobQueueTest, RunsThatNoBoardBeganInTimeAreTimedOut) {
  v1::JobSpec spec = QueueFarm::spec({"kws", "vww"}, {"t"});
  spec.set_start_within_s(60);
  const v1::Job job = farm_.submit(spec)->job();
  const Lease lease = must_take(kBoardA);
  farm_.clock().advance(absl::Seconds(59));
  farm_.queue().expire_jobs();
  farm_.settle();
  EXPECT_EQ(farm_.queue().queued_runs(), 1u);
  farm_.clock().advance(absl::Seconds(1));
  farm_.queue().expire_jobs();
  farm_.settle();
  EXPECT_FALSE(farm_.queue().take(kBoardB).has_value());
  EXPECT_FALSE(farm_.queue().cancel_requested(lease.run_id)) << "what has begun may end";
  const auto late = farm_.queue().job(job.job_id());
  EXPECT_EQ(late->runs(1).outcome(), v1::OUTCOME_TIMED_OUT);
  EXPECT_EQ(late->runs(1).reason(), "DEADLINE_PASSED");
  EXPECT_NE(late->state(), v1::RUN_STATE_FINISHED);
  finish(lease, v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(farm_.store().run(lease.run_id)->summary().outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(farm_.store().job(job.job_id())->outcome(), v1::OUTCOME_TIMED_OUT);
}

TEST_F(JobQueueTest, AFailedRunIsNotBegunAgainAfterTheDeadline) {
  v1::JobSpec spec = QueueFarm::spec({"kws"}, {"t"});
  spec.set_start_within_s(60);
  const v1::Job job = farm_.submit(spec)->job();
  const Lease lease = must_take(kBoardA);
  farm_.clock().advance(absl::Seconds(61));
  farm_.queue().expire_jobs();
  finish(lease, v1::OUTCOME_BOARD_ERROR);
  farm_.queue().expire_jobs();
  farm_.settle();
  EXPECT_EQ(farm_.store().job(job.job_id())->outcome(), v1::OUTCOME_TIMED_OUT);
  const auto run = farm_.store().run(lease.run_id);
  EXPECT_EQ(run->attempts_size(), 1);
  EXPECT_THAT(run->summary().message(), HasSubstr("its attempts failed"));
  farm_.queue().expire_jobs();  // the job is not listed any more
}

TEST_F(JobQueueTest, ADeadlineOutlivesARestartAndAFullDisk) {
  v1::JobSpec spec = QueueFarm::spec({"kws"}, {"t"});
  spec.set_start_within_s(60);
  const v1::Job job = farm_.submit(spec)->job();
  farm_.restart();
  farm_.clock().advance(absl::Seconds(60));
  farm_.disk().set_full(true);
  farm_.queue().expire_jobs();
  farm_.settle();
  EXPECT_EQ(farm_.queue().queued_runs(), 1u);
  farm_.disk().set_full(false);
  farm_.queue().expire_jobs();
  farm_.settle();
  EXPECT_EQ(farm_.store().job(job.job_id())->outcome(), v1::OUTCOME_TIMED_OUT);
}

TEST_F(JobQueueTest, OwnersAndPrioritiesOfJobsDecideWhoIsNext) {
  const auto job_of = [this](const std::string& owner, v1::Priority priority) {
    v1::JobSpec spec = QueueFarm::spec({"kws", "vww"}, {"t"});
    spec.set_owner(owner);
    spec.set_priority(priority);
    return farm_.submit(spec)->job().job_id();
  };
  const std::string normal = job_of("ann", v1::PRIORITY_UNSPECIFIED);
  const std::string high = job_of("ann", v1::PRIORITY_HIGH);
  const std::string other = job_of("bob", v1::PRIORITY_LOW);
  std::vector<std::string> order;
  while (const auto lease = farm_.queue().take(kBoardA)) order.push_back(lease->job_id);
  EXPECT_THAT(order, ElementsAre(high, other, high, other, normal, normal));
}

TEST_F(JobQueueTest, ARestartQueuesRunsAgainAndIsNoFailure) {
  const v1::Job job = submit({"kws", "vww"}, {"t"});
  const Lease first = must_take(kBoardA);
  finish(first, v1::OUTCOME_BOARD_ERROR);
  const Lease second = must_take(kBoardB);
  farm_.queue().set_state(second.run_id, second.attempt, v1::RUN_STATE_MEASURING);
  farm_.restart();
  EXPECT_EQ(farm_.queue().queued_runs(), 2u);
  const auto run = farm_.store().run(second.run_id);
  ASSERT_EQ(run->attempts_size(), static_cast<int>(second.attempt));
  EXPECT_EQ(run->attempts(run->attempts_size() - 1).reason(), "DAEMON_RESTARTED");
  EXPECT_EQ(run->attempts(run->attempts_size() - 1).outcome(), v1::OUTCOME_INFRA_ERROR);
  // The old lease is worth nothing now; all three tries are left but the one that failed.
  EXPECT_EQ(reason_of(farm_.finish(second, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED))), "ATTEMPT_STALE");
  while (const auto lease = farm_.queue().take(kBoardA)) finish(*lease, v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(farm_.store().job(job.job_id())->outcome(), v1::OUTCOME_SUCCEEDED);
}

TEST_F(JobQueueTest, ARestartRemembersWhichBoardsFailed) {
  submit({"vww"}, {"b"});  // pinned: only b may have it
  submit({"kws"}, {"t"});
  const Lease failed = must_take(kBoardA);
  finish(failed, v1::OUTCOME_BOARD_ERROR);
  farm_.restart();
  EXPECT_NE(must_take(kBoardB).run_id, failed.run_id);  // the older job; b is known to be there now
  EXPECT_FALSE(farm_.queue().take(kBoardA).has_value());
  EXPECT_EQ(must_take(kBoardB).run_id, failed.run_id);
}

TEST_F(JobQueueTest, ACancelledJobStaysCancelledAcrossARestart) {
  const v1::Job job = submit({"kws"}, {"t"});
  must_take(kBoardA);
  ASSERT_TRUE(farm_.cancel(job.job_id()).ok());
  farm_.restart();
  EXPECT_EQ(farm_.store().job(job.job_id())->outcome(), v1::OUTCOME_CANCELLED);
  EXPECT_EQ(farm_.queue().queued_runs(), 0u);
}

TEST_F(JobQueueTest, OnAFullDiskAResultIsKeptAndBoardsRest) {
  const v1::Job job = submit({"kws", "vww"}, {"t"});
  const Lease lease = must_take(kBoardA);
  farm_.disk().set_full(true);
  bool saved = false;
  farm_.queue().finish(lease.run_id, lease.attempt, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED, 77),
                       [&](absl::Status status) { saved = status.ok(); });
  farm_.settle();
  EXPECT_FALSE(saved);
  EXPECT_EQ(farm_.queue().unsaved_ends(), 1u);
  EXPECT_EQ(farm_.queue().job(job.job_id())->runs(0).step(), "waiting to be saved");
  EXPECT_FALSE(farm_.queue().take(kBoardB).has_value());
  EXPECT_FALSE(farm_.queue().take(kBoardB).has_value()) << "while the end is tried again";
  farm_.queue().retry_unsaved();
  farm_.settle();
  EXPECT_EQ(farm_.queue().unsaved_ends(), 1u);
  std::atomic<int> told = 0;
  farm_.queue().on_work([&] { ++told; });
  farm_.disk().set_full(false);
  farm_.queue().retry_unsaved();
  farm_.settle();
  EXPECT_TRUE(saved);
  EXPECT_EQ(told, 1) << "boards that rested are not told that there is work";
  EXPECT_EQ(farm_.queue().unsaved_ends(), 0u);
  EXPECT_EQ(farm_.store().run(lease.run_id)->result().latency().median_ticks(), 77);
  finish(must_take(kBoardB), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(farm_.store().job(job.job_id())->outcome(), v1::OUTCOME_SUCCEEDED);
}

TEST_F(JobQueueTest, OnAFullDiskASubmissionIsRefusedWhole) {
  farm_.disk().set_full(true);
  EXPECT_EQ(reason_of(farm_.submit(QueueFarm::spec({"kws"}, {"t"}), "key").status()), "DISK_FULL");
  EXPECT_EQ(farm_.queue().queued_runs(), 0u);
  farm_.disk().set_full(false);
  EXPECT_FALSE(farm_.submit(QueueFarm::spec({"kws"}, {"t"}), "key")->already_submitted());
}

TEST_F(JobQueueTest, OnAFullDiskACancellationLeavesEverythingAsItWas) {
  const v1::Job job = submit({"kws", "vww"}, {"t"});
  const Lease lease = must_take(kBoardA);
  farm_.disk().set_full(true);
  EXPECT_EQ(reason_of(farm_.cancel(job.job_id()).status()), "DISK_FULL");
  EXPECT_FALSE(farm_.queue().cancel_requested(lease.run_id));
  EXPECT_EQ(farm_.queue().queued_runs(), 1u);
  farm_.disk().set_full(false);
  must_take(kBoardB);
}

TEST_F(JobQueueTest, ABeginThatTheDiskRefusedIsMadeUpForByTheEnd) {
  submit({"kws"}, {"t"});
  farm_.disk().set_full(true);
  const Lease lease = must_take(kBoardA);
  farm_.disk().set_full(false);
  finish(lease, v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(farm_.store().run(lease.run_id)->attempts_size(), 1);
  EXPECT_EQ(farm_.store().run(lease.run_id)->summary().outcome(), v1::OUTCOME_SUCCEEDED);
}

TEST_F(JobQueueTest, CancellingARunWhoseBeginWasRefusedStopsItOnce) {
  const v1::Job job = submit({"kws"}, {"t"});
  farm_.disk().set_full(true);
  const Lease lease = must_take(kBoardA);
  farm_.disk().set_full(false);
  ASSERT_TRUE(farm_.cancel(job.job_id()).ok());
  EXPECT_TRUE(farm_.queue().cancel_requested(lease.run_id));
  EXPECT_TRUE(farm_.finish(lease, QueueFarm::end_as(v1::OUTCOME_CANCELLED)).ok());
  EXPECT_EQ(farm_.store().job(job.job_id())->outcome(), v1::OUTCOME_CANCELLED);
  EXPECT_EQ(reason_of(farm_.finish(lease, QueueFarm::end_as(v1::OUTCOME_CANCELLED))), "ATTEMPT_STALE");
}

TEST_F(JobQueueTest, TellsWhatHappensInOrder) {
  const auto subscription = farm_.bus().subscribe(0, nullptr, nullptr);
  const v1::Job job = submit({"kws"}, {"t"});
  const Lease lease = must_take(kBoardA);
  farm_.queue().set_state(lease.run_id, 1, v1::RUN_STATE_PREPARING);
  farm_.queue().set_step(lease.run_id, 1, "uploading model", 0.5);
  finish(lease, v1::OUTCOME_SUCCEEDED);
  std::vector<std::string> story;
  for (const v1::Event& event : subscription->poll(100)) {
    EXPECT_EQ(event.job_id(), job.job_id());
    if (event.has_job()) {
      EXPECT_EQ(event.job().runs_size(), 0);
      story.push_back("job " + v1::RunState_Name(event.job().state()).substr(10));
    }
    if (event.has_run()) {
      story.push_back("run " + v1::RunState_Name(event.run().state()).substr(10) +
                      (event.run().step().empty() ? "" : " " + event.run().step()));
    }
  }
  EXPECT_THAT(story, ElementsAre("job QUEUED", "run QUEUED", "run LEASED", "job LEASED", "run PREPARING",
                                 "job PREPARING", "run PREPARING uploading model", "run FINISHED", "job FINISHED"));
}

TEST_F(JobQueueTest, LogsAreKeptPublishedAndMadeFit) {
  const auto subscription = farm_.bus().subscribe(0, nullptr, nullptr);
  const v1::Job job = submit({"kws"}, {"t"});
  farm_.queue().log(job.job_id(), "", "a", "warning", "bytes \xff\xfe " + std::string(5'000, 'x'));
  farm_.settle();
  const auto lines = farm_.store().job_logs(job.job_id());
  ASSERT_EQ(lines->size(), 1u);
  EXPECT_EQ((*lines)[0].level(), "warning");
  EXPECT_EQ((*lines)[0].text().size(), 4'096u);
  EXPECT_THAT((*lines)[0].text(), testing::StartsWith("bytes ?? xxx"));
  EXPECT_TRUE(subscription->poll(100).back().has_log());
}

TEST_F(JobQueueTest, AFailedAttemptIsLogged) {
  const v1::Job job = submit({"kws"}, {"t"});
  finish(must_take(kBoardA), v1::OUTCOME_BOARD_ERROR);
  farm_.settle();
  const auto lines = farm_.store().job_logs(job.job_id());
  ASSERT_EQ(lines->size(), 1u);
  EXPECT_THAT((*lines)[0].text(), HasSubstr("attempt 1 on a ended: TEST_REASON: said the test"));
}

TEST_F(JobQueueTest, TellsIdleBoardsOfNewWork) {
  std::atomic<int> told = 0;
  farm_.queue().on_work([&] { ++told; });
  submit({"kws"}, {"t"});
  farm_.settle();
  EXPECT_EQ(told, 1);
  finish(must_take(kBoardA), v1::OUTCOME_BOARD_ERROR);
  farm_.settle();
  EXPECT_EQ(told, 2);
  finish(must_take(kBoardA), v1::OUTCOME_SUCCEEDED);
  farm_.settle();
  EXPECT_EQ(told, 2);
}

TEST_F(JobQueueTest, ManyBoardsAtOnceRunEverythingOnce) {
  constexpr int kJobs = 30;
  for (int i = 0; i < kJobs; ++i) submit({"kws", "vww"}, {"t"});
  std::atomic<int> finished = 0;
  std::vector<std::thread> boards;
  for (int b = 0; b < 8; ++b) {
    boards.emplace_back([this, b, &finished] {
      const BoardView board{"board-" + std::to_string(b), "t", {}};
      while (const auto lease = farm_.queue().take(board)) {
        farm_.queue().set_state(lease->run_id, lease->attempt, v1::RUN_STATE_MEASURING);
        if (farm_.finish(*lease, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED)).ok()) ++finished;
      }
    });
  }
  for (std::thread& board : boards) board.join();
  EXPECT_EQ(finished, 2 * kJobs);
  EXPECT_TRUE(farm_.store().unfinished_runs()->empty());
  EXPECT_TRUE(farm_.store().unfinished_jobs()->empty());
}

}  // namespace
}  // namespace tinyrig::jobs
