// The gRPC client of the tests.
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

void set_deadline(grpc::ClientContext& context, std::chrono::milliseconds duration) {
  context.set_deadline(std::chrono::system_clock::now() + duration);
}

constexpr std::chrono::seconds kCallPatience{30};

template <class Stub, class Method, class Request, class Response>
grpc::Status call(Stub& stub, Method method, const Request& request, Response* response) {
  grpc::ClientContext context;
  set_deadline(context, kCallPatience);
  return (stub.*method)(&context, request, response);
}

template <class Response, class Stub, class Method, class Request>
Response expect(Stub& stub, Method method, const Request& request) {
  Response response;
  const grpc::Status status = call(stub, method, request, &response);
  EXPECT_TRUE(status.ok()) << Request::descriptor()->name() << ": " << status.error_message();
  return response;
}

}  // namespace

Api::Api(std::uint16_t port)
    : channel_(grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials())) {}

v1::SubmitJobResponse Api::submit(const v1::JobSpec& spec, const std::string& idempotency_key) {
  v1::SubmitJobResponse answer;
  const grpc::Status status = try_submit(spec, idempotency_key, &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return answer;
}

grpc::Status Api::try_submit(const v1::JobSpec& spec, const std::string& idempotency_key,
                             v1::SubmitJobResponse* answer) {
  v1::SubmitJobRequest request;
  *request.mutable_spec() = spec;
  request.set_idempotency_key(idempotency_key);
  const auto stub = v1::JobService::NewStub(channel_);
  return call(*stub, &v1::JobService::Stub::SubmitJob, request, answer);
}

v1::Job Api::job(const std::string& job_id) {
  v1::GetJobRequest request;
  request.set_job_id(job_id);
  const auto stub = v1::JobService::NewStub(channel_);
  return expect<v1::GetJobResponse>(*stub, &v1::JobService::Stub::GetJob, request).job();
}

v1::Run Api::run(const std::string& run_id) {
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  const auto stub = v1::RunService::NewStub(channel_);
  return expect<v1::GetRunResponse>(*stub, &v1::RunService::Stub::GetRun, request).run();
}

v1::ExportRunResponse Api::export_run(const std::string& run_id) {
  v1::ExportRunRequest request;
  request.set_run_id(run_id);
  const auto stub = v1::RunService::NewStub(channel_);
  return expect<v1::ExportRunResponse>(*stub, &v1::RunService::Stub::ExportRun, request);
}

std::pair<v1::EnergyCapture, std::string> Api::export_capture(const std::string& run_id) {
  grpc::ClientContext context;
  v1::ExportCaptureRequest request;
  request.set_run_id(run_id);
  const auto stub = v1::RunService::NewStub(channel_);
  const auto stream = stub->ExportCapture(&context, request);
  std::pair<v1::EnergyCapture, std::string> capture;
  for (v1::ExportCaptureResponse part; stream->Read(&part);) {
    if (part.has_capture()) capture.first = part.capture();
    capture.second += part.data();
  }
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return capture;
}

v1::Model Api::model(const std::string& name) {
  v1::GetModelRequest request;
  request.set_model(name);
  const auto stub = v1::ModelService::NewStub(channel_);
  return expect<v1::GetModelResponse>(*stub, &v1::ModelService::Stub::GetModel, request).model();
}

v1::QueryLeaderboardResponse Api::leaderboard(const std::string& model) {
  v1::QueryLeaderboardRequest request;
  request.set_model(model);
  const auto stub = v1::LeaderboardService::NewStub(channel_);
  return expect<v1::QueryLeaderboardResponse>(*stub, &v1::LeaderboardService::Stub::QueryLeaderboard, request);
}

v1::Board Api::board(const std::string& board_id) {
  v1::GetBoardRequest request;
  request.set_board_id(board_id);
  const auto stub = v1::BoardService::NewStub(channel_);
  return expect<v1::GetBoardResponse>(*stub, &v1::BoardService::Stub::GetBoard, request).board();
}

std::vector<v1::Board> Api::boards(const std::string& selector) {
  v1::ListBoardsRequest request;
  request.set_selector(selector);
  v1::ListBoardsResponse answer;
  const auto stub = v1::BoardService::NewStub(channel_);
  if (!call(*stub, &v1::BoardService::Stub::ListBoards, request, &answer).ok()) return {};
  return {answer.boards().begin(), answer.boards().end()};
}

std::vector<v1::LogLine> Api::logs(const std::string& job_id) {
  v1::GetJobLogsRequest request;
  request.set_job_id(job_id);
  const auto stub = v1::JobService::NewStub(channel_);
  const auto answer = expect<v1::GetJobLogsResponse>(*stub, &v1::JobService::Stub::GetJobLogs, request);
  return {answer.lines().begin(), answer.lines().end()};
}

v1::Job Api::finished_job(const std::string& job_id, Deadline deadline) {
  watch_runs(job_id, deadline, [](const v1::RunSummary&) { return false; });
  return job(job_id);
}

bool Api::watch_runs(const std::string& job_id, Deadline deadline,
                     const std::function<bool(const v1::RunSummary&)>& condition) {
  grpc::ClientContext context;
  set_deadline(context, std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()));
  v1::WatchJobRequest request;
  request.set_job_id(job_id);
  const auto stub = v1::JobService::NewStub(channel_);
  const auto stream = stub->WatchJob(&context, request);
  v1::WatchJobResponse event;
  bool met = false;
  while (!met && stream->Read(&event)) {
    if (event.has_run()) met = condition(event.run());
    for (const v1::RunSummary& run : event.job().runs()) met = met || condition(run);
  }
  context.TryCancel();
  stream->Finish();
  return met;
}

bool Api::answers() {
  v1::GetVersionResponse answer;
  const auto stub = v1::SystemService::NewStub(channel_);
  return call(*stub, &v1::SystemService::Stub::GetVersion, v1::GetVersionRequest(), &answer).ok();
}

v1::JobSpec quick_job(const std::string& model, const std::string& board) {
  v1::JobSpec spec;
  spec.add_models(model);
  spec.add_boards(board);
  spec.mutable_settings()->set_sessions(2);
  spec.mutable_settings()->set_iterations(2);
  return spec;
}

}  // namespace tinyrig::test
