// A job queue on a real store, with a farm of three boards: a and b (b labelled "fast") of type t, c of type
// u. Calls wait for their completions, so that tests read as a story.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/base/clock.h"
#include "server/events/event_bus.h"
#include "server/jobs/job_queue.h"
#include "server/store/sqlite_store.h"
#include "tests/support/store/full_disk_store.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::testing_support {

inline const jobs::BoardView kBoardA{"a", "t", {}};
inline const jobs::BoardView kBoardB{"b", "t", {"fast"}};
inline const jobs::BoardView kBoardC{"c", "u", {}};

/// Expands jobs over the three boards and the store's models. The type "tiny" fits nothing.
inline jobs::Planner farm_planner(const store::Store& store) {
  return [&store](const v1::JobSpec& spec) {
    jobs::ExpandContext context;
    context.find_model = [&store](const std::string& name) { return store.find_model(name); };
    for (const char* type : {"t", "u", "tiny"}) {
      context.types.emplace_back().set_id(type);
      context.usual_runtimes[type].emplace_back().set_name("tinyrig");
    }
    for (const jobs::BoardView& view : {kBoardA, kBoardB, kBoardC, jobs::BoardView{"d", "tiny", {}}}) {
      v1::Board& board = context.boards.emplace_back();
      board.set_id(view.id);
      board.set_board_type(view.type);
      for (const std::string& label : view.labels) board.add_labels(label);
    }
    context.fits = [](const v1::Model&, const v1::BoardType& type,
                      const v1::AgentRuntime&) -> absl::StatusOr<std::optional<jobs::Misfit>> {
      if (type.id() != "tiny") return std::nullopt;
      return jobs::Misfit{"MODEL_TOO_LARGE_FOR_RAM", 100, "100 bytes are missing"};
    };
    return jobs::expand(spec, context);
  };
}

class QueueFarm {
 public:
  explicit QueueFarm(const std::filesystem::path& dir, store::SqliteStoreOptions options = {})
      : dir_(dir), options_(std::move(options)) {
    start();
  }
  ~QueueFarm() { stop(); }

  void stop() {
    queue_.reset();
    real_store_.reset();  // completes what waits; that still asks full_disk_ and bus_
    full_disk_.reset();
    bus_.reset();
  }

  void start() {
    auto opened = store::open_sqlite_store(dir_, options_);
    if (!opened.ok()) throw std::runtime_error(opened.status().ToString());
    real_store_ = *std::move(opened);
    full_disk_ = std::make_unique<FullDiskStore>(*real_store_);
    bus_ = std::make_unique<events::EventBus>(clock_, "epoch");
    queue_ = std::make_unique<jobs::JobQueue>(*full_disk_, *bus_, clock_, ids_, farm_planner(*real_store_));
    const absl::Status recovered = queue_->recover();
    if (!recovered.ok()) throw std::runtime_error(recovered.ToString());
    settle();
  }

  void restart() {
    stop();
    start();
  }

  /// Waits until the store has completed everything that was queued before.
  void settle() {
    // Completions may queue more (an end that is saved again): twice is enough for what the queue does.
    for (int i = 0; i < 2; ++i) {
      (void)wait_for([&](store::Done done) { real_store_->append_log({}, std::move(done)); });
    }
  }

  void add_model(const std::string& name, char digit) {
    const auto put = wait_for_answer<store::PutModelResult>(
        [&](auto done) { real_store_->put_model(test_model(name, digit), "bytes", std::move(done)); });
    if (!put.ok()) throw std::runtime_error(put.status().ToString());
  }

  static v1::JobSpec spec(std::vector<std::string> models, std::vector<std::string> boards) {
    v1::JobSpec spec;
    for (std::string& model : models) spec.add_models(std::move(model));
    for (std::string& selector : boards) spec.add_boards(std::move(selector));
    return spec;
  }

  absl::StatusOr<v1::SubmitJobResponse> submit(const v1::JobSpec& spec, const std::string& key = "") {
    return wait_for_answer<v1::SubmitJobResponse>([&](auto done) { queue_->submit(spec, key, std::move(done)); });
  }
  absl::StatusOr<v1::Job> cancel(const std::string& job_id) {
    return wait_for_answer<v1::Job>([&](auto done) { queue_->cancel(job_id, std::move(done)); });
  }
  absl::Status finish(const jobs::Lease& lease, jobs::AttemptEnd end) {
    return wait_for(
        [&](store::Done done) { queue_->finish(lease.run_id, lease.attempt, std::move(end), std::move(done)); });
  }

  static jobs::AttemptEnd end_as(v1::Outcome outcome, double median = 100) {
    jobs::AttemptEnd end;
    end.outcome = outcome;
    if (outcome == v1::OUTCOME_SUCCEEDED || outcome == v1::OUTCOME_INCONCLUSIVE) {
      end.result = test_result(median);
      end.samples = {test_samples(0, {static_cast<std::uint64_t>(median)})};
    }
    if (outcome != v1::OUTCOME_SUCCEEDED) {
      end.reason = "TEST_REASON";
      end.message = "said the test";
    }
    return end;
  }

  jobs::JobQueue& queue() { return *queue_; }
  store::Store& store() { return *real_store_; }
  FullDiskStore& disk() { return *full_disk_; }
  events::EventBus& bus() { return *bus_; }
  ManualClock& clock() { return clock_; }

 private:
  const std::filesystem::path dir_;
  const store::SqliteStoreOptions options_;
  ManualClock clock_{kTestTime};
  jobs::TimeSortedIds ids_{clock_};
  std::unique_ptr<events::EventBus> bus_;
  std::unique_ptr<store::Store> real_store_;
  std::unique_ptr<FullDiskStore> full_disk_;
  std::unique_ptr<jobs::JobQueue> queue_;
};

}  // namespace tinyrig::testing_support
