// Unary calls over gRPC: answers, and every refusal with its reason.
#include <grpcpp/generic/generic_stub.h>

#include <future>

#include "tests/integration/api/api_fixture.h"
#include "tinyrig/v1/admin.grpc.pb.h"
#include "tinyrig/v1/board.grpc.pb.h"
#include "tinyrig/v1/leaderboard.grpc.pb.h"
#include "tinyrig/v1/run.grpc.pb.h"
#include "tinyrig/v1/system.grpc.pb.h"

namespace tinyrig::api {
namespace {

using Jobs = v1::JobService::Stub;

class CallsTest : public ApiTest {
 protected:
  v1::SubmitJobRequest digits_on(const std::string& board, const std::string& key = "") const {
    v1::SubmitJobRequest request;
    request.mutable_spec()->add_models("digits");
    request.mutable_spec()->add_boards(board);
    request.set_idempotency_key(key);
    return request;
  }
};

TEST_F(CallsTest, Boards) {
  const auto boards = stub<v1::BoardService>();
  using Boards = v1::BoardService::Stub;
  v1::ListBoardsRequest list;
  EXPECT_EQ(call<v1::ListBoardsResponse>(*boards, &Boards::ListBoards, list).boards_size(), 2);
  list.set_selector("label:slow");
  EXPECT_EQ(call<v1::ListBoardsResponse>(*boards, &Boards::ListBoards, list).boards(0).id(), "small-1");
  list.set_selector("nonsense");
  EXPECT_EQ(refusal<v1::ListBoardsResponse>(*boards, &Boards::ListBoards, list), "BOARD_UNKNOWN");
  list.set_selector("label:nonsense");
  EXPECT_EQ(refusal<v1::ListBoardsResponse>(*boards, &Boards::ListBoards, list), "LABEL_UNKNOWN");

  v1::GetBoardRequest get;
  get.set_board_id("big-1");
  const auto found = call<v1::GetBoardResponse>(*boards, &Boards::GetBoard, get);
  EXPECT_EQ(found.board().board_type(), "big-type");
  EXPECT_EQ(found.type().core(), "cortex-m7");
  get.set_board_id("big-2");
  EXPECT_EQ(refusal<v1::GetBoardResponse>(*boards, &Boards::GetBoard, get), "BOARD_UNKNOWN");
  EXPECT_EQ(call<v1::ListBoardTypesResponse>(*boards, &Boards::ListBoardTypes, v1::ListBoardTypesRequest())
                .board_types_size(),
            2);
}

TEST_F(CallsTest, Version) {
  const auto system = stub<v1::SystemService>();
  const auto version =
      call<v1::GetVersionResponse>(*system, &v1::SystemService::Stub::GetVersion, v1::GetVersionRequest());
  EXPECT_EQ(version.server_version(), "1.2.3-test");
  EXPECT_EQ(version.schema_version(), store_->schema_version());
  EXPECT_EQ(version.boards(), 2U);
  EXPECT_EQ(version.boards_idle(), 2U);
  EXPECT_GT(version.start_time().seconds(), 0);
}

TEST_F(CallsTest, ErrorsCarryCodeReasonMessageAndHint) {
  const auto jobs = stub<v1::JobService>();
  grpc::ClientContext context;
  v1::GetJobRequest request;
  request.set_job_id("j-none");
  v1::GetJobResponse response;
  const grpc::Status status = jobs->GetJob(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  const v1::ErrorDetail detail = error_of(context);
  EXPECT_EQ(detail.reason(), "JOB_UNKNOWN");
  EXPECT_EQ(detail.message(), status.error_message());
  EXPECT_NE(detail.message().find("j-none"), std::string::npos);
  EXPECT_NE(status.error_details().find("tinyrig.v1.ErrorDetail"), std::string::npos);
}

TEST_F(CallsTest, JobsThatMakeNoSense) {
  const auto jobs = stub<v1::JobService>();
  EXPECT_EQ(refusal<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, v1::SubmitJobRequest()), "EMPTY_JOB");
  EXPECT_EQ(refusal<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("all")), "MODEL_UNKNOWN");
  add_digits();
  EXPECT_EQ(refusal<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("big-2")), "BOARD_UNKNOWN");
  EXPECT_EQ(refusal<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("label:none")), "LABEL_UNKNOWN");
  auto request = digits_on("all");
  request.mutable_spec()->add_runtimes("none");
  EXPECT_EQ(refusal<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, request), "RUNTIME_UNKNOWN");
  request = digits_on("all");
  request.mutable_spec()->mutable_settings()->set_sessions(1'000'000);
  EXPECT_EQ(refusal<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, request), "SETTINGS_OUT_OF_RANGE");
  const auto listed = call<v1::ListJobsResponse>(*jobs, &Jobs::ListJobs, v1::ListJobsRequest());
  EXPECT_EQ(listed.jobs_size(), 0) << "nothing half-done stays";
}

TEST_F(CallsTest, TheSameSubmissionTwiceIsOneJob) {
  add_digits();
  const auto jobs = stub<v1::JobService>();
  const auto first = call<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("big-1", "key-1"));
  EXPECT_FALSE(first.already_submitted());
  const auto second = call<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("big-1", "key-1"));
  EXPECT_TRUE(second.already_submitted());
  EXPECT_EQ(second.job().job_id(), first.job().job_id());
  EXPECT_EQ(refusal<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("all", "key-1")),
            "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(call<v1::ListJobsResponse>(*jobs, &Jobs::ListJobs, v1::ListJobsRequest()).jobs_size(), 1);
}

TEST_F(CallsTest, CellsThatDoNotFit) {
  add_digits();
  const auto jobs = stub<v1::JobService>();
  const auto failing = call<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("small-type"));
  EXPECT_EQ(failing.job().runs(0).outcome(), v1::OUTCOME_USER_ERROR);
  EXPECT_EQ(failing.job().runs(0).reason(), "MODEL_TOO_LARGE_FOR_RAM");
  auto skipping = digits_on("all");
  skipping.mutable_spec()->set_fit_policy(v1::FIT_POLICY_SKIP);
  const auto skipped = call<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, skipping);
  EXPECT_EQ(skipped.job().runs_size(), 1);
  ASSERT_EQ(skipped.job().skipped_cells_size(), 1);
  EXPECT_GT(skipped.job().skipped_cells(0).missing_bytes(), 0U);
}

TEST_F(CallsTest, RunsSamplesAndLeaderboard) {
  const std::string job_id = submit_digits("big-1");
  EXPECT_EQ(play_boards(), 1);
  const auto runs = stub<v1::RunService>();
  using Runs = v1::RunService::Stub;
  v1::ListRunsRequest list;
  list.set_job_id(job_id);
  const auto listed = call<v1::ListRunsResponse>(*runs, &Runs::ListRuns, list);
  ASSERT_EQ(listed.runs_size(), 1);
  EXPECT_EQ(listed.runs(0).result().latency().median_ticks(), 123'456);
  const std::string run_id = listed.runs(0).summary().run_id();

  v1::GetRunRequest get;
  get.set_run_id(run_id);
  const auto run = call<v1::GetRunResponse>(*runs, &Runs::GetRun, get).run();
  EXPECT_EQ(run.summary().outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(run.attempts_size(), 1);

  v1::ExportRunRequest ask;
  ask.set_run_id(run_id);
  const auto exported = call<v1::ExportRunResponse>(*runs, &Runs::ExportRun, ask);
  ASSERT_EQ(exported.samples_size(), 3);
  EXPECT_EQ(exported.samples(2).latency_ticks(1), 123'456U);

  const auto leaderboard = stub<v1::LeaderboardService>();
  const auto ranked = call<v1::QueryLeaderboardResponse>(*leaderboard, &v1::LeaderboardService::Stub::QueryLeaderboard,
                                                         v1::QueryLeaderboardRequest());
  ASSERT_EQ(ranked.groups_size(), 1);
  EXPECT_TRUE(ranked.groups(0).emulated());
  EXPECT_EQ(ranked.groups(0).entries(0).run_id(), run_id);
}

TEST_F(CallsTest, UnknownAndInvalidOnes) {
  const auto runs = stub<v1::RunService>();
  using Runs = v1::RunService::Stub;
  EXPECT_EQ(refusal<v1::GetRunResponse>(*runs, &Runs::GetRun, v1::GetRunRequest()), "RUN_UNKNOWN");
  EXPECT_EQ(refusal<v1::ExportRunResponse>(*runs, &Runs::ExportRun, v1::ExportRunRequest()), "RUN_UNKNOWN");
  v1::ListRunsRequest list;
  list.set_page_token("nonsense");
  EXPECT_EQ(refusal<v1::ListRunsResponse>(*runs, &Runs::ListRuns, list), "PAGE_TOKEN_INVALID");
  const auto jobs = stub<v1::JobService>();
  EXPECT_EQ(refusal<v1::CancelJobResponse>(*jobs, &Jobs::CancelJob, v1::CancelJobRequest()), "JOB_UNKNOWN");
  EXPECT_EQ(refusal<v1::GetJobLogsResponse>(*jobs, &Jobs::GetJobLogs, v1::GetJobLogsRequest()), "JOB_UNKNOWN");
  const auto models = stub<v1::ModelService>();
  EXPECT_EQ(refusal<v1::GetModelResponse>(*models, &v1::ModelService::Stub::GetModel, v1::GetModelRequest()),
            "MODEL_UNKNOWN");
}

TEST_F(CallsTest, CancelAndLogs) {
  const std::string job_id = submit_digits("big-1");
  const auto jobs = stub<v1::JobService>();
  v1::CancelJobRequest cancel;
  cancel.set_job_id(job_id);
  const auto cancelled = call<v1::CancelJobResponse>(*jobs, &Jobs::CancelJob, cancel).job();
  EXPECT_EQ(cancelled.state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(cancelled.outcome(), v1::OUTCOME_CANCELLED);
  EXPECT_EQ(play_boards(), 0);

  v1::LogLine line;
  line.set_job_id(job_id);
  line.set_level("info");
  line.set_text("hello");
  ASSERT_TRUE(testing_support::wait_for([&](store::Done done) { store_->append_log(line, std::move(done)); }).ok());
  v1::GetJobLogsRequest ask;
  ask.set_job_id(job_id);
  const auto logs = call<v1::GetJobLogsResponse>(*jobs, &Jobs::GetJobLogs, ask);
  ASSERT_GE(logs.lines_size(), 1);
  EXPECT_EQ(logs.lines(logs.lines_size() - 1).text(), "hello");
}

TEST_F(CallsTest, ADiskWithLittleRoomTakesNothingNewAndSaysSo) {
  using Admin = v1::AdminService::Stub;
  using Boards = v1::BoardService::Stub;
  add_digits();
  const auto jobs = stub<v1::JobService>();
  const auto admin = stub<v1::AdminService>();
  const auto boards = stub<v1::BoardService>();
  const auto before = call<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("big-1", "before"));
  disk_free_bytes_ = 900'000;
  store_->look_at_disk();
  EXPECT_EQ(refusal<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("big-1", "key")), "DISK_FULL");
  EXPECT_TRUE(call<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("big-1", "before")).already_submitted())
      << "what was accepted stays accepted";
  std::string reason;
  v1::UploadModelResponse uploaded;
  EXPECT_EQ(upload("other", "other bytes", &uploaded, &reason).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(reason, "DISK_FULL");
  EXPECT_EQ(play_boards(), 0);
  const auto farm = call<v1::ListBoardsResponse>(*boards, &Boards::ListBoards, v1::ListBoardsRequest());
  EXPECT_EQ(farm.work_stopped_message(),
            "the daemon's disk has 0 MB free, less than the 1 MB that are kept free (--keep-free)");
  auto storage = call<v1::GetStorageResponse>(*admin, &Admin::GetStorage, v1::GetStorageRequest());
  EXPECT_EQ(storage.intake_stopped_reason(), "DISK_FULL");
  EXPECT_EQ(storage.keep_free_bytes(), 1'000'000u);

  disk_free_bytes_ = 1'000'000;
  store_->look_at_disk();
  EXPECT_FALSE(call<v1::SubmitJobResponse>(*jobs, &Jobs::SubmitJob, digits_on("big-1", "key")).already_submitted());
  EXPECT_EQ(play_boards(), 2);
  storage = call<v1::GetStorageResponse>(*admin, &Admin::GetStorage, v1::GetStorageRequest());
  EXPECT_EQ(storage.intake_stopped_reason(), "");
  EXPECT_EQ(storage.check().state(), v1::CHECK_STATE_SOUND);
  v1::GetJobRequest job;
  job.set_job_id(before.job().job_id());
  EXPECT_EQ(call<v1::GetJobResponse>(*jobs, &Jobs::GetJob, job).job().outcome(), v1::OUTCOME_SUCCEEDED);
}

TEST_F(CallsTest, HealthSaysServing) {
  grpc::GenericStub generic(channel());
  grpc::ClientContext context;
  const grpc::Slice nothing("");
  grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  generic.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                    [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  ASSERT_TRUE(status.ok()) << status.error_message();
  grpc::Slice bytes;
  ASSERT_TRUE(response.DumpToSingleSlice(&bytes).ok());
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), std::string("\x08\x01")) << "SERVING";
}

TEST_F(CallsTest, PortInUse) {
  const ApiDependencies dependencies{.store = *store_,
                                     .jobs = *queue_,
                                     .holds = *holds_,
                                     .events = bus_,
                                     .boards = *directory_,
                                     .desk = desk_,
                                     .access = *access_,
                                     .executor = context_.get_executor()};
  ApiConfig config = config_;
  config.data_dir = folder_.path() / "other";
  config.grpc_listen = "127.0.0.1:" + std::to_string(api_->grpc_port());
  absl::Status second = ApiServer::start(config, dependencies).status();
  EXPECT_EQ(reason_of(second), "PORT_IN_USE");
  EXPECT_NE(std::string(second.message()).find("gRPC cannot listen on " + config.grpc_listen), std::string::npos)
      << second;
  config.grpc_listen = "127.0.0.1:0";
  config.http_listen = "127.0.0.1:" + std::to_string(api_->http_port());
  second = ApiServer::start(config, dependencies).status();
  EXPECT_EQ(reason_of(second), "PORT_IN_USE");
  EXPECT_NE(std::string(second.message()).find("HTTP"), std::string::npos) << second;
  config.grpc_listen = "nonsense";
  EXPECT_EQ(reason_of(ApiServer::start(config, dependencies).status()), "LISTEN_ADDRESS_INVALID");
}

}  // namespace
}  // namespace tinyrig::api
