// tinyrig jobs, tinyrig job show | cancel | logs.
#include <algorithm>

#include "client/commands.h"
#include "client/format.h"
#include "client/job_runs.h"
#include "client/result_table.h"
#include "client/table.h"
#include "tinyrig/v1/job.grpc.pb.h"

namespace tinyrig::client {
namespace {

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "-" : text;
}

std::string state_of(const v1::Job& job) {
  std::string text = job.state() == v1::RUN_STATE_FINISHED ? outcome(job.outcome()) : run_state(job.state());
  if (job.cancel_requested() && job.state() != v1::RUN_STATE_FINISHED) text += " (cancel requested)";
  return text;
}

std::string heading(const v1::Job& job) {
  std::string measured;
  for (const int measurement : job.spec().measurements()) {
    measured += (measured.empty() ? "" : ", ") + client::measurement(static_cast<v1::Measurement>(measurement));
  }
  const v1::RunSettings& settings = job.spec().settings();
  const std::string queue =
      (job.spec().owner().empty() ? "-" : printable(job.spec().owner())) + ", " + priority(job.spec().priority()) +
      " priority" +
      (job.spec().start_within_s() == 0 ? ""
                                        : ", to begin within " + std::to_string(job.spec().start_within_s()) + " s");
  std::string text = "job        " + job.job_id() + "\nowner      " + queue + "\nstate      " + state_of(job) +
                     "\nmodels     " + joined(job.spec().models()) + "\nboards     " + joined(job.spec().boards()) +
                     "\nruntimes   " + joined(job.spec().runtimes()) + "\nmeasures   " + measured + "\nsettings   " +
                     std::to_string(settings.sessions()) + " sessions, " + std::to_string(settings.warmup()) +
                     " warm-up, " + std::to_string(settings.iterations()) + " iterations, seed " +
                     std::to_string(settings.input_seed()) + "\nsubmitted  " + time(job.create_time()) +
                     "\nfinished   " + time(job.finish_time()) + "\n";
  for (const auto& [key, value] : job.spec().annotations()) text += printable(key + " = " + value) + "\n";
  return text;
}

}  // namespace

ExitCode jobs_list(const GlobalOptions& global, std::uint32_t limit) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::JobService>();
  v1::ListJobsRequest request;
  request.set_page_size(limit);
  v1::ListJobsResponse response;
  const ExitCode called = connection.call(*stub, &v1::JobService::Stub::ListJobs, request, &response);
  if (called != kOk) return called;
  if (global.json) return print(to_json(response)) ? kOk : kUnavailable;
  Table table({{"JOB"}, {"OWNER"}, {"STATE"}, {"MODELS"}, {"BOARDS"}, {"SUBMITTED"}, {"FINISHED"}});
  for (const v1::Job& job : response.jobs()) {
    table.add({job.job_id(), job.spec().owner().empty() ? "-" : shortened(job.spec().owner(), 20), state_of(job),
               shortened(joined(job.spec().models()), 40), shortened(joined(job.spec().boards()), 40),
               time(job.create_time()), time(job.finish_time())});
  }
  return print(table.text()) ? kOk : kUnavailable;
}

ExitCode job_show(const GlobalOptions& global, const std::string& job_id) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::JobService>();
  v1::GetJobRequest request;
  request.set_job_id(job_id);
  v1::GetJobResponse response;
  const ExitCode called = connection.call(*stub, &v1::JobService::Stub::GetJob, request, &response);
  if (called != kOk) return called;
  std::vector<v1::Run> runs;
  if (const ExitCode listed = runs_of_job(connection, job_id, &runs); listed != kOk) return listed;
  if (global.json) return print(job_with_runs_json(response.job(), runs)) ? kOk : kUnavailable;
  const std::string notes = result_notes(response.job(), runs);
  return print(heading(response.job()) + "\n" + result_table(runs) + (notes.empty() ? "" : "\n" + notes))
             ? kOk
             : kUnavailable;
}

ExitCode job_cancel(const GlobalOptions& global, const std::string& job_id) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::JobService>();
  v1::CancelJobRequest request;
  request.set_job_id(job_id);
  v1::CancelJobResponse response;
  const ExitCode called = connection.call(*stub, &v1::JobService::Stub::CancelJob, request, &response);
  if (called != kOk) return called;
  if (global.json) return print(to_json(response)) ? kOk : kUnavailable;
  return print("job " + response.job().job_id() + ": " + state_of(response.job()) + "\n") ? kOk : kUnavailable;
}

ExitCode job_logs(const GlobalOptions& global, const std::string& job_id) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::JobService>();
  v1::GetJobLogsRequest request;
  request.set_job_id(job_id);
  v1::GetJobLogsResponse response;
  const ExitCode called = connection.call(*stub, &v1::JobService::Stub::GetJobLogs, request, &response);
  if (called != kOk) return called;
  if (global.json) return print(to_json(response)) ? kOk : kUnavailable;
  std::string text;
  for (const v1::LogLine& line : response.lines()) {
    std::string where = line.board_id();
    if (!line.run_id().empty()) where += (where.empty() ? "" : " ") + line.run_id();
    text += time(line.time()) + "  " + line.level() + "  " + (where.empty() ? "" : printable(where) + ": ") +
            printable(line.text()) + "\n";
  }
  return print(text) ? kOk : kUnavailable;
}

}  // namespace tinyrig::client
