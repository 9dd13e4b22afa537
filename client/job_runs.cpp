#include "client/job_runs.h"

#include <algorithm>

#include "client/result_table.h"
#include "tinyrig/v1/run.grpc.pb.h"

namespace tinyrig::client {

ExitCode runs_of_job(const Connection& connection, const std::string& job_id, std::vector<v1::Run>* runs) {
  const auto stub = connection.stub<v1::RunService>();
  v1::ListRunsRequest request;
  request.set_job_id(job_id);
  request.set_page_size(200);
  do {
    v1::ListRunsResponse response;
    const ExitCode called = connection.call(*stub, &v1::RunService::Stub::ListRuns, request, &response);
    if (called != kOk) return called;
    for (v1::Run& run : *response.mutable_runs()) runs->push_back(std::move(run));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  std::reverse(runs->begin(), runs->end());
  return kOk;
}

ProgressView::ResultOf result_lines(const Connection& connection) {
  return [&connection](const std::string& run_id) -> std::string {
    v1::GetRunRequest request;
    request.set_run_id(run_id);
    v1::GetRunResponse response;
    const auto stub = connection.stub<v1::RunService>();
    const ExitCode called = connection.call(*stub, &v1::RunService::Stub::GetRun, request, &response);
    return called == kOk ? result_line(response.run().result()) : "";
  };
}

std::string job_with_runs_json(const v1::Job& job, const std::vector<v1::Run>& runs) {
  std::string json = "{\"job\": " + to_json(job) + ", \"runs\": [";
  for (std::size_t i = 0; i < runs.size(); ++i) json += (i == 0 ? "" : ",\n") + to_json(runs[i]);
  return json + "]}\n";
}

}  // namespace tinyrig::client
