// Random operations on a queue over a real store, beside a model that is a few lines of rules. After every
// step the two must agree; at the end everything is run out and each run compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "server/base/error.h"
#include "server/jobs/job_queue.h"
#include "tests/support/store/queue_farm.h"

namespace tinyrig::jobs {
namespace {

using namespace testing_support;

struct ModelRun {
  std::string job_id;
  std::string board_type;
  std::string pinned;
  bool active = false;
  std::uint32_t attempts = 0;
  std::uint32_t failures = 0;
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
  double median = 0;
};

class RandomFarm {
 public:
  explicit RandomFarm(std::uint32_t seed) : random_(seed), farm_(folder_.path()) {
    farm_.add_model("kws", 'a');
    farm_.add_model("vww", 'b');
    for (const BoardView& board : kBoards) EXPECT_FALSE(farm_.queue().take(board).has_value());
  }

  void step() {
    switch (pick(10)) {
      case 0:
      case 1:
        return submit();
      case 2:
      case 3:
      case 4:
        return take(kBoards.at(pick(kBoards.size())));
      case 5:
      case 6:
        return finish_one(random_outcome());
      case 7:
        return finish_stale();
      case 8:
        return pick(4) == 0 ? cancel() : pick(3) == 0 ? time_passes() : move_on();
      default:
        return pick(6) == 0 ? restart() : resubmit();
    }
  }

  void run_out() {
    // Boards take what is left until nothing is; every other attempt fails to use up the retries.
    for (int idle = 0; idle < 3;) {
      const std::size_t before = leases_.size();
      for (const BoardView& board : kBoards) take(board);
      while (!leases_.empty()) finish_one(random_outcome());
      idle = before == leases_.size() && farm_.queue().queued_runs() == 0 ? idle + 1 : 0;
    }
  }

  void check_everything() {
    farm_.settle();
    EXPECT_TRUE(farm_.store().unfinished_runs()->empty());
    EXPECT_TRUE(farm_.store().unfinished_jobs()->empty());
    for (const auto& [run_id, expected] : runs_) {
      const auto run = farm_.store().run(run_id);
      ASSERT_TRUE(run.ok()) << run.status();
      EXPECT_EQ(run->summary().outcome(), expected.outcome) << run_id;
      EXPECT_EQ(run->attempts_size(), static_cast<int>(expected.attempts)) << run_id;
      const bool has_result = expected.outcome == v1::OUTCOME_SUCCEEDED || expected.outcome == v1::OUTCOME_INCONCLUSIVE;
      EXPECT_EQ(run->has_result(), has_result) << run_id;
      if (has_result) {
        EXPECT_EQ(run->result().latency().median_ticks(), expected.median);
      }
    }
    for (const std::string& job_id : job_ids_) {
      EXPECT_EQ(farm_.store().job(job_id)->state(), v1::RUN_STATE_FINISHED);
    }
  }

  void check_step() {
    std::size_t waiting = 0;
    for (const auto& [run_id, run] : runs_) {
      if (run.outcome == v1::OUTCOME_UNSPECIFIED && !run.active) ++waiting;
    }
    ASSERT_EQ(farm_.queue().queued_runs(), waiting);
  }

 private:
  static inline const std::vector<BoardView> kBoards = {kBoardA, kBoardB, kBoardC};

  std::size_t pick(std::size_t below) { return random_() % below; }

  v1::Outcome random_outcome() {
    static const std::vector<v1::Outcome> kOutcomes = {
        v1::OUTCOME_SUCCEEDED,  v1::OUTCOME_SUCCEEDED,    v1::OUTCOME_BOARD_ERROR, v1::OUTCOME_INFRA_ERROR,
        v1::OUTCOME_USER_ERROR, v1::OUTCOME_INCONCLUSIVE, v1::OUTCOME_TIMED_OUT};
    return kOutcomes.at(pick(kOutcomes.size()));
  }

  v1::JobSpec random_spec() {
    static const std::vector<std::vector<std::string>> kSelectors = {{"t"}, {"u"}, {"t", "u"}, {"a"}, {"b", "u"}};
    v1::JobSpec spec =
        QueueFarm::spec(pick(2) == 0 ? std::vector<std::string>{"kws"} : std::vector<std::string>{"kws", "vww"},
                        kSelectors.at(pick(kSelectors.size())));
    spec.set_owner(pick(2) == 0 ? "ann" : "bob");
    spec.set_priority(static_cast<v1::Priority>(pick(4)));
    if (pick(3) == 0) spec.set_start_within_s(1 + static_cast<std::uint32_t>(pick(300)));
    return spec;
  }

  void submit() {
    const v1::JobSpec spec = random_spec();
    const std::string key = "key-" + std::to_string(submissions_.size());
    const auto response = farm_.submit(spec, key);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_FALSE(response->already_submitted());
    submissions_.push_back({spec, response->job().job_id()});
    job_ids_.push_back(response->job().job_id());
    for (const v1::RunSummary& summary : response->job().runs()) {
      ModelRun run;
      run.job_id = response->job().job_id();
      run.board_type = summary.board_type();
      ASSERT_TRUE(runs_.emplace(summary.run_id(), run).second);
    }
  }

  void resubmit() {
    if (submissions_.empty()) return;
    const std::size_t which = pick(submissions_.size());
    const auto response = farm_.submit(submissions_[which].first, "key-" + std::to_string(which));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_TRUE(response->already_submitted());
    EXPECT_EQ(response->job().job_id(), submissions_[which].second);
  }

  void take(const BoardView& board) {
    const auto lease = farm_.queue().take(board);
    if (!lease.has_value()) return;
    ModelRun& run = runs_.at(lease->run_id);
    EXPECT_FALSE(run.active);
    EXPECT_EQ(run.outcome, v1::OUTCOME_UNSPECIFIED);
    EXPECT_EQ(run.board_type, board.type);
    EXPECT_EQ(lease->attempt, run.attempts + 1);
    run.active = true;
    ++run.attempts;
    leases_.push_back(*lease);
  }

  void finish_one(v1::Outcome outcome) {
    if (leases_.empty()) return;
    const std::size_t which = pick(leases_.size());
    const Lease lease = leases_[which];
    leases_.erase(leases_.begin() + static_cast<std::ptrdiff_t>(which));
    const double median = static_cast<double>(++next_median_);
    ASSERT_TRUE(farm_.finish(lease, QueueFarm::end_as(outcome, median)).ok());
    ended_.push_back(lease);
    ModelRun& run = runs_.at(lease.run_id);
    run.active = false;
    const bool failure = outcome == v1::OUTCOME_BOARD_ERROR || outcome == v1::OUTCOME_INFRA_ERROR;
    if (failure) ++run.failures;
    if (!failure || run.failures == JobQueue::kMaxFailures) {
      run.outcome = outcome;
      run.median = median;
    } else if (cancelled_.contains(run.job_id)) {
      run.outcome = v1::OUTCOME_CANCELLED;
    }
  }

  void finish_stale() {
    if (ended_.empty()) return;
    const Lease& lease = ended_[pick(ended_.size())];
    EXPECT_EQ(reason_of(farm_.finish(lease, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED, -1))), "ATTEMPT_STALE");
  }

  void move_on() {
    if (leases_.empty()) return;
    const Lease& lease = leases_[pick(leases_.size())];
    farm_.queue().set_state(lease.run_id, lease.attempt,
                            static_cast<v1::RunState>(v1::RUN_STATE_PREPARING + static_cast<int>(pick(3))));
  }

  void time_passes() {
    farm_.clock().advance(absl::Seconds(30));
    expire();
  }

  // What the daemon's timer does.
  void expire() {
    farm_.queue().expire_jobs();
    farm_.settle();
    for (const auto& [spec, job_id] : submissions_) {
      const auto job = farm_.store().job(job_id);
      if (spec.start_within_s() == 0 ||
          store::micros_of(job->create_time()) + std::int64_t{spec.start_within_s()} * 1'000'000 >
              absl::ToUnixMicros(farm_.clock().now())) {
        continue;
      }
      for (auto& [run_id, run] : runs_) {
        if (run.job_id == job_id && !run.active && run.outcome == v1::OUTCOME_UNSPECIFIED) {
          run.outcome = v1::OUTCOME_TIMED_OUT;
        }
      }
    }
  }

  void cancel() {
    if (job_ids_.empty()) return;
    const std::string& job_id = job_ids_[pick(job_ids_.size())];
    const auto before = farm_.store().job(job_id);
    ASSERT_TRUE(farm_.cancel(job_id).ok());
    if (before->state() == v1::RUN_STATE_FINISHED) return;
    cancelled_.insert(job_id);
    for (auto& [run_id, run] : runs_) {
      if (run.job_id == job_id && !run.active && run.outcome == v1::OUTCOME_UNSPECIFIED) {
        run.outcome = v1::OUTCOME_CANCELLED;
      }
    }
  }

  void restart() {
    farm_.restart();
    for (const Lease& lease : leases_) {
      ModelRun& run = runs_.at(lease.run_id);
      run.active = false;
      if (cancelled_.contains(run.job_id)) run.outcome = v1::OUTCOME_CANCELLED;
      ended_.push_back(lease);
    }
    leases_.clear();
  }

  std::mt19937 random_;
  TemporaryFolder folder_;
  QueueFarm farm_;
  std::map<std::string, ModelRun> runs_;
  std::vector<std::pair<v1::JobSpec, std::string>> submissions_;
  std::vector<std::string> job_ids_;
  std::set<std::string> cancelled_;
  std::vector<Lease> leases_;
  std::vector<Lease> ended_;
  int next_median_ = 0;
};

class JobQueueProperty : public testing::TestWithParam<std::uint32_t> {};

TEST_P(JobQueueProperty, AgreesWithItsModel) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  RandomFarm farm(GetParam());
  for (int i = 0; i < 200; ++i) {
    farm.step();
    farm.check_step();
    if (HasFatalFailure()) return;
  }
  farm.run_out();
  farm.check_everything();
}

INSTANTIATE_TEST_SUITE_P(Seeds, JobQueueProperty, testing::Range(1u, 6u));

}  // namespace
}  // namespace tinyrig::jobs
