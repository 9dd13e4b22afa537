// The victim of kill_test.cpp: runs a queue on a real database with a random workload until it is killed,
// and says on standard output what it was told is durable, one line each, in one write:
//
//   job KEY JOB_ID RUNS       the submission was acknowledged
//   end RUN_ID OUTCOME MEDIAN the end of an attempt was acknowledged as final for the caller
//
// usage: store_kill_child DIR ROUND SEED
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <random>
#include <string>

#include "tests/support/store/queue_farm.h"

namespace {

using namespace tinyrig;                   // NOLINT: a program of its own
using namespace tinyrig::testing_support;  // NOLINT

void say(const std::string& line) {
  const std::string text = line + "\n";
  if (write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::_Exit(3);
}

class Workload {
 public:
  Workload(const std::string& dir, int round, std::uint32_t seed) : round_(round), random_(seed), farm_(dir) {
    if (!farm_.store().find_model("kws").ok()) farm_.add_model("kws", 'a');
    if (!farm_.store().find_model("vww").ok()) farm_.add_model("vww", 'b');
  }

  [[noreturn]] void run() {
    // What the round before may not have heard of: the same keys must give the same jobs.
    for (int i = 0; round_ > 0 && i < 3; ++i) submit(round_ - 1, i);
    while (true) {
      switch (random_() % 8) {
        case 0:
          submit(round_, next_submission_++);
          break;
        case 1:
          cancel();
          break;
        case 2:
        case 3:
        case 4:
          take();
          break;
        default:
          finish();
      }
      // Now and then everything is let become durable; mostly operations pile up into groups.
      if (random_() % 16 == 0) farm_.settle();
    }
  }

 private:
  void submit(int round, int number) {
    // The spec follows from the key, so that the same key always has the same spec.
    const std::string key = std::to_string(round) + "-" + std::to_string(number);
    const v1::JobSpec spec = QueueFarm::spec(
        {"kws", "vww"}, number % 2 == 0 ? std::vector<std::string>{"t", "u"} : std::vector<std::string>{"a"});
    farm_.queue().submit(spec, key, [this, key](absl::StatusOr<v1::SubmitJobResponse> response) {
      if (!response.ok()) std::_Exit(4);
      {
        const std::lock_guard lock(mutex_);
        job_ids_.push_back(response->job().job_id());
      }
      say("job " + key + " " + response->job().job_id() + " " + std::to_string(response->job().runs_size()));
    });
  }

  void cancel() {
    std::string job_id;
    {
      const std::lock_guard lock(mutex_);
      if (job_ids_.empty() || random_() % 8 != 0) return;
      job_id = job_ids_[random_() % job_ids_.size()];
    }
    farm_.queue().cancel(job_id, [](const absl::StatusOr<v1::Job>&) {});
  }

  void take() {
    const jobs::BoardView* boards[] = {&kBoardA, &kBoardB, &kBoardC};
    if (auto lease = farm_.queue().take(*boards[random_() % 3])) leases_.push_back(*std::move(lease));
  }

  void finish() {
    if (leases_.empty()) return;
    const jobs::Lease lease = leases_.front();
    leases_.pop_front();
    farm_.queue().set_state(lease.run_id, lease.attempt, v1::RUN_STATE_MEASURING);
    const v1::Outcome outcome = random_() % 4 == 0 ? v1::OUTCOME_BOARD_ERROR : v1::OUTCOME_SUCCEEDED;
    // A number of its own, so that a result can be told from every other.
    const double median = round_ * 1e6 + ++next_median_;
    farm_.queue().finish(
        lease.run_id, lease.attempt, QueueFarm::end_as(outcome, median),
        [run_id = lease.run_id, outcome, median](absl::Status status) {
          if (!status.ok()) std::_Exit(5);
          say("end " + run_id + " " + std::to_string(outcome) + " " + std::to_string(static_cast<long long>(median)));
        });
  }

  const int round_;
  std::mt19937 random_;
  std::mutex mutex_;  // guards job_ids_, which the store's thread fills
  std::vector<std::string> job_ids_;
  std::deque<jobs::Lease> leases_;
  int next_submission_ = 0;
  int next_median_ = 0;
  QueueFarm farm_;  // last: its end still answers
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s DIR ROUND SEED\n", argv[0]);
    return 2;
  }
  Workload(argv[1], std::atoi(argv[2]), static_cast<std::uint32_t>(std::atoi(argv[3]))).run();
}
