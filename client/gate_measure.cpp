#include "client/gate_measure.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "client/caller.h"
#include "client/gate_unit.h"
#include "client/job_runs.h"
#include "client/job_watch.h"
#include "client/terminal.h"
#include "server/gate/compare.h"
#include "tinyrig/v1/board.grpc.pb.h"
#include "tinyrig/v1/job.grpc.pb.h"

namespace tinyrig::client {
namespace {

constexpr char kStandardRuntime[] = "tinyrig";

// Base and head on one unit, or why there are none.
struct Measured {
  std::string board_type;
  std::string job_id;
  std::string failure;
  v1::Run base, head;
};

std::string words_of(const Failure& failure) {
  return failure.message + (failure.reason.empty() ? "" : " [" + failure.reason + "]");
}

class GateMeasuring {
 public:
  GateMeasuring(const GlobalOptions& global, const Connection& connection, const GatePlan& plan,
                InterruptWatch& interrupt)
      : global_(global),
        connection_(connection),
        plan_(plan),
        runtime_(plan.runtime.empty() ? kStandardRuntime : plan.runtime),
        interrupt_(interrupt) {}

  ExitCode run(std::vector<v1::GateComparison>* comparisons) {
    // All boards at once; then one after another is waited for.
    std::vector<Measured> all;
    ExitCode code = submit_all(&all);
    for (std::size_t i = 0; code == kOk && i < all.size(); ++i) code = await(&all[i]);
    for (std::size_t i = 0; code == kOk && i < all.size(); ++i) {
      comparisons->push_back(comparison_of(all[i]));
      if (gate::needs_confirmation(comparisons->back())) code = confirm(&comparisons->back());
    }
    if (code != kOk) cancel_all();
    return code;
  }

 private:
  ExitCode boards_of(const std::string& selector, std::vector<v1::Board>* boards, std::string* failure) {
    v1::ListBoardsRequest request;
    request.set_selector(selector);
    v1::ListBoardsResponse response;
    const auto stub = connection_.stub<v1::BoardService>();
    const auto failed = connection_.try_call(*stub, &v1::BoardService::Stub::ListBoards, request, &response);
    if (failed.has_value() && failed->code == kUnavailable) return report(*failed);
    if (failed.has_value()) *failure = words_of(*failed);
    boards->assign(response.boards().begin(), response.boards().end());
    return kOk;
  }

  ExitCode submit_all(std::vector<Measured>* all) {
    std::set<std::string> seen;  // a type that two selectors name is measured once; a unit that is named always
    for (const std::string& selector : plan_.boards) {
      std::vector<v1::Board> boards;
      std::string failure;
      if (const ExitCode listed = boards_of(selector, &boards, &failure); listed != kOk) return listed;
      if (boards.empty()) {
        all->push_back({.board_type = selector,
                        .job_id = "",
                        .failure = failure.empty() ? "the farm has no boards" : failure,
                        .base = {},
                        .head = {}});
      }
      for (const v1::Board& board : boards) {
        const bool named = board.id() == selector;
        if (!seen.insert(named ? board.id() : board.board_type()).second) continue;
        Measured& one = all->emplace_back();
        one.board_type = board.board_type();
        const v1::Board* unit = choose_unit(boards, one.board_type);
        if (unit == nullptr) {
          one.failure = why_no_unit(boards, one.board_type);
        } else if (const ExitCode submitted = submit(unit->id(), "measure", &one); submitted != kOk) {
          return submitted;
        }
      }
    }
    return kOk;
  }

  ExitCode submit(const std::string& board_id, const std::string& purpose, Measured* one) {
    if (interrupt_.interrupted()) return kDetached;
    v1::SubmitJobRequest request;
    v1::JobSpec& spec = *request.mutable_spec();
    spec.add_models(plan_.base.name());
    if (plan_.head.name() != plan_.base.name()) spec.add_models(plan_.head.name());
    spec.add_boards(board_id);
    spec.add_runtimes(runtime_);
    spec.set_owner(user_name());
    (*spec.mutable_annotations())["gate"] = purpose;
    v1::SubmitJobResponse response;
    const auto stub = connection_.stub<v1::JobService>();
    const auto failed = connection_.try_call(*stub, &v1::JobService::Stub::SubmitJob, request, &response);
    if (failed.has_value() && failed->code == kUnavailable) return report(*failed);
    if (failed.has_value()) {
      one->failure = "the job was refused: " + words_of(*failed);
      return kOk;
    }
    one->job_id = response.job().job_id();
    jobs_.push_back(one->job_id);
    return kOk;
  }

  // Until the job has finished, with its progress shown.
  ExitCode await(Measured* one) {
    if (one->job_id.empty()) return kOk;
    ProgressView view(!global_.json, result_lines(connection_));
    v1::Job job;
    if (const ExitCode watched = watch_job(connection_, one->job_id, interrupt_, view, &job); watched != kOk) {
      return watched;
    }
    view.clear();
    std::vector<v1::Run> runs;
    if (const ExitCode listed = runs_of_job(connection_, one->job_id, &runs); listed != kOk) return listed;
    const auto of_model = [&runs](const v1::Model& model) {
      return std::find_if(runs.begin(), runs.end(),
                          [&model](const v1::Run& run) { return run.summary().model_name() == model.name(); });
    };
    const auto base = of_model(plan_.base);
    const auto head = of_model(plan_.head);
    if (base == runs.end() || head == runs.end()) {
      one->failure = "job " + one->job_id + " has no run of " + (base == runs.end() ? "base" : "head");
    } else {
      one->base = *base;
      one->head = *head;
    }
    return kOk;
  }

  v1::GateComparison comparison_of(const Measured& one) const {
    if (!one.failure.empty()) return gate::invalid_comparison(one.board_type, runtime_, one.failure);
    return gate::compare(one.base, one.head, plan_.policy);
  }

  // In sessions of their own; on another unit, when the farm has one that takes work.
  ExitCode confirm(v1::GateComparison* comparison) {
    std::vector<v1::Board> boards;
    std::string failure;
    const ExitCode listed = boards_of(comparison->board_type(), &boards, &failure);
    if (listed != kOk) return listed;
    Measured again;
    const v1::Board* unit = choose_unit(boards, comparison->board_type(), comparison->head().board_id());
    if (unit == nullptr) {
      again.failure = failure.empty() ? why_no_unit(boards, comparison->board_type()) : failure;
    } else {
      if (!global_.json) {
        std::fprintf(stderr, "a regression on %s: measuring again on %s\n", comparison->head().board_id().c_str(),
                     unit->id().c_str());
      }
      if (const ExitCode submitted = submit(unit->id(), "confirm", &again); submitted != kOk) return submitted;
      if (const ExitCode waited = await(&again); waited != kOk) return waited;
    }
    if (again.failure.empty()) {
      gate::confirm(again.base, again.head, comparison);
    } else {
      gate::fail_confirmation(again.failure, comparison);
    }
    return kOk;
  }

  // Those that have finished do not mind. Errors are not told: the reason for giving up was.
  void cancel_all() {
    const auto stub = connection_.stub<v1::JobService>();
    for (const std::string& job_id : jobs_) {
      v1::CancelJobRequest request;
      request.set_job_id(job_id);
      v1::CancelJobResponse response;
      (void)connection_.try_call(*stub, &v1::JobService::Stub::CancelJob, request, &response);
    }
  }

  const GlobalOptions& global_;
  const Connection& connection_;
  const GatePlan& plan_;
  const std::string runtime_;
  InterruptWatch& interrupt_;
  std::vector<std::string> jobs_;
};

}  // namespace

ExitCode measure_gate(const GlobalOptions& global, const Connection& connection, const GatePlan& plan,
                      InterruptWatch& interrupt, std::vector<v1::GateComparison>* comparisons) {
  return GateMeasuring(global, connection, plan, interrupt).run(comparisons);
}

}  // namespace tinyrig::client
