// tinyrig submit and tinyrig job wait: from models and boards to a finished job and its table.
#include <algorithm>
#include <memory>
#include <optional>

#include "client/caller.h"
#include "client/commands.h"
#include "client/duration.h"
#include "client/energy_settings.h"
#include "client/interrupt.h"
#include "client/job_runs.h"
#include "client/job_watch.h"
#include "client/model_upload.h"
#include "client/result_table.h"
#include "client/table.h"
#include "client/terminal.h"
#include "tinyrig/v1/job.grpc.pb.h"

namespace tinyrig::client {
namespace {

v1::Measurement measurement_of(const std::string& word) {
  if (word == "latency") return v1::MEASUREMENT_LATENCY;
  if (word == "profile") return v1::MEASUREMENT_PROFILE;
  if (word == "memory") return v1::MEASUREMENT_MEMORY;
  if (word == "energy") return v1::MEASUREMENT_ENERGY;
  if (word == "accuracy") return v1::MEASUREMENT_ACCURACY;
  return v1::MEASUREMENT_UNSPECIFIED;
}

ExitCode fill_spec(const SubmitOptions& options, v1::JobSpec* spec) {
  for (const std::string& board : options.boards) spec->add_boards(board);
  for (const std::string& runtime : options.runtimes) spec->add_runtimes(runtime);
  for (const std::string& word : options.measurements) {
    const v1::Measurement measurement = measurement_of(word);
    if (measurement == v1::MEASUREMENT_UNSPECIFIED) {
      return report_usage("\"" + word + "\" is no measurement",
                          "known are latency, profile, memory, energy and accuracy");
    }
    spec->add_measurements(measurement);
  }
  const bool energy = std::ranges::find(spec->measurements(), v1::MEASUREMENT_ENERGY) != spec->measurements().end();
  const std::string problem = energy_settings_problem({options.energy_windows, options.energy_window_ms, energy});
  if (!problem.empty()) return report_usage(problem);
  spec->mutable_settings()->set_energy_windows(options.energy_windows);
  spec->mutable_settings()->set_energy_window_ms(options.energy_window_ms);
  spec->mutable_settings()->set_sessions(options.sessions);
  spec->mutable_settings()->set_iterations(options.iterations);
  spec->mutable_settings()->set_warmup(options.warmup);
  spec->mutable_settings()->set_input_seed(options.seed);
  spec->set_fit_policy(options.skip_unfit ? v1::FIT_POLICY_SKIP : v1::FIT_POLICY_FAIL);
  spec->set_owner(options.owner.empty() ? user_name() : options.owner);
  spec->set_priority(options.priority == "low"    ? v1::PRIORITY_LOW
                     : options.priority == "high" ? v1::PRIORITY_HIGH
                                                  : v1::PRIORITY_NORMAL);
  if (!options.start_within.empty()) {
    const auto seconds = parse_duration(options.start_within);
    if (!seconds.has_value()) {
      return report_usage("\"" + options.start_within + "\" is no duration", "write --start-within 30m, 2h or 1d");
    }
    spec->set_start_within_s(static_cast<std::uint32_t>(*seconds));
  }
  for (const std::string& annotation : options.annotations) {
    const auto equals = annotation.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return report_usage("\"" + annotation + "\" is no annotation", "write --annotate KEY=VALUE");
    }
    (*spec->mutable_annotations())[annotation.substr(0, equals)] = annotation.substr(equals + 1);
  }
  return kOk;
}

ExitCode resolve_models(const Connection& connection, const SubmitOptions& options, v1::JobSpec* spec) {
  for (const std::string& model : options.models) {
    if (!is_model_file(model)) {  // a name that the server knows
      spec->add_models(model);
      continue;
    }
    v1::UploadModelResponse uploaded;
    const ModelFile file{.path = model, .name = "", .expected_path = ""};
    if (const ExitCode done = upload_model(connection, file, &uploaded); done != kOk) return done;
    spec->add_models(uploaded.model().name());
  }
  return kOk;
}

ExitCode detach(const Connection& connection, const std::string& job_id) {
  std::fprintf(stderr, "tinyrig: detached; job %s goes on. Watch it: tinyrig --server %s job wait %s\n",
               printable(job_id).c_str(), connection.server().c_str(), printable(job_id).c_str());
  return kDetached;
}

ExitCode cancel_and_wait(const Connection& connection, const std::string& job_id, v1::Job* job) {
  const auto stub = connection.stub<v1::JobService>();
  v1::CancelJobRequest request;
  request.set_job_id(job_id);
  v1::CancelJobResponse response;
  const ExitCode called = connection.call(*stub, &v1::JobService::Stub::CancelJob, request, &response);
  *job = response.job();
  return called;
}

ExitCode finish_watched(const GlobalOptions& global, const Connection& connection, const v1::Job& job) {
  std::vector<v1::Run> runs;
  if (const ExitCode listed = runs_of_job(connection, job.job_id(), &runs); listed != kOk) return listed;
  const bool printed = global.json ? print(job_with_runs_json(job, runs))
                                   : print(result_table(runs) + (job.runs_size() == 0 ? "no runs\n" : ""));
  if (!printed) return kUnavailable;
  if (!global.json) std::fprintf(stderr, "%s", result_notes(job, runs).c_str());
  return job.outcome() == v1::OUTCOME_SUCCEEDED ? kOk : kNotSucceeded;
}

ExitCode watch_and_finish(const GlobalOptions& global, const Connection& connection, const std::string& job_id,
                          bool cancel_on_interrupt, InterruptWatch& interrupt) {
  ProgressView view(!global.json, result_lines(connection));
  v1::Job job;
  const ExitCode watched = watch_job(connection, job_id, interrupt, view, &job);
  if (watched == kDetached && !cancel_on_interrupt) return detach(connection, job_id);
  if (watched == kDetached) {
    view.say("cancelling job " + job_id);
    if (const ExitCode cancelled = cancel_and_wait(connection, job_id, &job); cancelled != kOk) return cancelled;
  } else if (watched != kOk) {
    return watched;
  }
  view.clear();
  const ExitCode finished = finish_watched(global, connection, job);
  return watched == kDetached && finished == kOk ? kNotSucceeded : finished;
}

}  // namespace

ExitCode submit(const GlobalOptions& global, const SubmitOptions& options) {
  std::optional<InterruptWatch> interrupt;  // before the channel, whose threads inherit the signal mask
  if (options.wait) interrupt.emplace();
  const Connection connection(global.server);
  v1::SubmitJobRequest request;
  request.set_idempotency_key(options.key);
  if (const ExitCode filled = fill_spec(options, request.mutable_spec()); filled != kOk) return filled;
  if (const ExitCode done = resolve_models(connection, options, request.mutable_spec()); done != kOk) return done;
  if (interrupt.has_value() && interrupt->interrupted()) return kDetached;

  const auto stub = connection.stub<v1::JobService>();
  v1::SubmitJobResponse response;
  const ExitCode submitted = connection.call(*stub, &v1::JobService::Stub::SubmitJob, request, &response);
  if (submitted != kOk) return submitted;
  const std::string job_id = response.job().job_id();
  if (options.wait) return watch_and_finish(global, connection, job_id, options.cancel_on_interrupt, *interrupt);
  if (global.json) return print(to_json(response)) ? kOk : kUnavailable;
  return print("job " + printable(job_id) + (response.already_submitted() ? " (submitted before)" : "") + ": " +
               std::to_string(response.job().runs_size()) + " runs, " +
               std::to_string(response.job().skipped_cells_size()) + " skipped\n")
             ? kOk
             : kUnavailable;
}

ExitCode job_wait(const GlobalOptions& global, const std::string& job_id, bool cancel_on_interrupt) {
  InterruptWatch interrupt;
  const Connection connection(global.server);
  return watch_and_finish(global, connection, job_id, cancel_on_interrupt, interrupt);
}

}  // namespace tinyrig::client
