#include "tests/integration/api/api_fixture.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <fstream>
#include <iterator>

#include "server/api/upload_area.h"
#include "server/jobs/expand.h"
#include "tinyrig/v1/common.pb.h"

namespace tinyrig::api {
namespace {

v1::BoardType board_type(const std::string& id, const std::string& core, std::uint64_t model_ram_bytes) {
  v1::BoardType type;
  type.set_id(id);
  type.set_display_name(id);
  type.set_core(core);
  type.set_clock_hz(25'000'000);
  type.set_emulated(true);
  type.set_timing_source(v1::TIMING_SOURCE_INSTRUCTION_COUNT);
  type.set_tick_unit(v1::TICK_UNIT_INSTRUCTIONS);
  type.set_model_ram_bytes(model_ram_bytes);
  return type;
}

v1::Board board(const std::string& id, const std::string& type, const std::string& label) {
  v1::Board board;
  board.set_id(id);
  board.set_board_type(type);
  board.add_labels(label);
  board.set_activity(v1::ACTIVITY_IDLE);
  board.set_health(v1::HEALTH_GOOD);
  board.set_emulated(true);
  v1::AgentRuntime& runtime = *board.mutable_agent()->add_runtimes();
  runtime.set_name("tinyrig");
  runtime.set_version("0.1.0");
  return board;
}

absl::StatusOr<std::optional<jobs::Misfit>> fit(const v1::Model& model, const v1::BoardType& type,
                                                const v1::AgentRuntime&) {
  const std::uint64_t needed = model.arena_lower_bound_bytes() + model.size_bytes();
  if (needed <= type.model_ram_bytes()) return std::optional<jobs::Misfit>();
  jobs::Misfit misfit;
  misfit.reason = "MODEL_TOO_LARGE_FOR_RAM";
  misfit.missing_bytes = needed - type.model_ram_bytes();
  misfit.message = model.name() + " lacks " + std::to_string(misfit.missing_bytes) + " bytes on " + type.id();
  return std::optional(misfit);
}

jobs::AttemptEnd good_end(const jobs::Lease& lease, const jobs::BoardView& view) {
  jobs::AttemptEnd end;
  end.outcome = v1::OUTCOME_SUCCEEDED;
  v1::RunResult& result = end.result.emplace();
  result.set_validity(v1::VALIDITY_VALID);
  v1::RunProvenance& provenance = *result.mutable_provenance();
  provenance.set_model_sha256(lease.run.model_sha256());
  provenance.set_board_id(view.id);
  *provenance.mutable_board_type() = board_type(view.type, "cortex-m4", 1 << 20);
  provenance.set_timing_source(v1::TIMING_SOURCE_INSTRUCTION_COUNT);
  provenance.set_tick_unit(v1::TICK_UNIT_INSTRUCTIONS);
  provenance.set_emulated(true);
  provenance.set_placement("ram");
  v1::LatencyResult& latency = *result.mutable_latency();
  latency.set_sessions(3);
  latency.set_count(6);
  latency.set_min_ticks(123'456);
  latency.set_median_ticks(123'456);
  latency.set_max_ticks(123'456);
  latency.mutable_median_interval_ticks()->set_known(true);
  latency.mutable_median_interval_ticks()->set_low(123'456);
  latency.mutable_median_interval_ticks()->set_high(123'456);
  if (std::count(lease.run.measurements().begin(), lease.run.measurements().end(), v1::MEASUREMENT_PROFILE) != 0) {
    v1::ProfileResult& profile = *result.mutable_profile();
    profile.set_iterations(3);
    profile.set_clean_ticks(123'456);
    profile.set_instrumented_ticks(123'556);
    profile.set_sum_ticks(123'500);
    profile.set_overhead_ratio(100 / 123'456.0);
    v1::OperatorProfile& op = *profile.add_operators();
    op.set_kind("CONV_2D");
    op.set_ticks(123'500);
    op.set_share(1);
  }
  result.mutable_memory()->set_arena_used_bytes(2048);
  result.mutable_verification()->set_against(v1::Verification::AGAINST_EXPECTED);
  result.mutable_verification()->set_inputs_checked(2);
  result.mutable_verification()->set_inputs_matched(2);
  for (std::uint32_t session = 0; session < 3; ++session) {
    v1::SessionSamples samples;
    samples.set_session(session);
    samples.add_latency_ticks(123'456);
    samples.add_latency_ticks(123'456);
    end.samples.push_back(std::move(samples));
  }
  return end;
}

}  // namespace

ApiTest::ApiTest() {
  config_.grpc_listen = "127.0.0.1:0";
  config_.http_listen = "127.0.0.1:0";
  config_.data_dir = folder_.path();
  config_.web_dir = folder_.path() / "web";
  config_.server_version = "1.2.3-test";
}

void ApiTest::SetUp() {
  auto store = store::open_sqlite_store(
      folder_.path(), {.disk = {1'000'000}, .free_bytes = [this] { return std::optional(disk_free_bytes_.load()); }});
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = std::move(*store);
  const std::vector<v1::BoardType> types = {board_type("big-type", "cortex-m7", 1 << 20),
                                            board_type("small-type", "cortex-m0", 1 << 10)};
  directory_ = std::make_unique<boards::BoardDirectory>(
      types, std::vector<v1::Board>{board("big-1", "big-type", "fast"), board("small-1", "small-type", "slow")});
  queue_ = std::make_unique<jobs::JobQueue>(*store_, bus_, clock_, ids_, [this](const v1::JobSpec& spec) {
    jobs::ExpandContext context;
    context.find_model = [this](const std::string& name) { return store_->find_model(name); };
    context.types = directory_->types();
    context.boards = directory_->boards();
    context.fits = fit;
    return jobs::expand(spec, context);
  });
  holds_ = std::make_shared<jobs::HoldBook>(*store_, clock_);
  ASSERT_TRUE(holds_->load().ok());
  access_ = std::make_unique<access::AccessControl>(access_settings_, *store_, clock_);
  ASSERT_TRUE(access_->tokens().load().ok());
  for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { context_.run(); });
  start_api();
}

void ApiTest::start_api() {
  auto api = ApiServer::start(config_, {.store = *store_,
                                        .jobs = *queue_,
                                        .holds = *holds_,
                                        .events = bus_,
                                        .boards = *directory_,
                                        .desk = desk_,
                                        .access = *access_,
                                        .executor = context_.get_executor(),
                                        .telemetry = telemetry_});
  ASSERT_TRUE(api.ok()) << api.status();
  api_ = std::move(*api);
}

void ApiTest::TearDown() {
  api_.reset();
  work_.reset();
  for (std::thread& thread : threads_) thread.join();
  queue_.reset();
  holds_.reset();
  access_.reset();
  store_.reset();
}

v1::ErrorDetail ApiTest::error_of(const grpc::ClientContext& context) {
  v1::ErrorDetail detail;
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find("tinyrig-error-bin");
  if (found != trailers.end()) {
    EXPECT_TRUE(detail.ParseFromArray(found->second.data(), static_cast<int>(found->second.size())));
  }
  return detail;
}

std::shared_ptr<grpc::Channel> ApiTest::channel() const {
  return grpc::CreateChannel("127.0.0.1:" + std::to_string(api_->grpc_port()), grpc::InsecureChannelCredentials());
}

grpc::Status ApiTest::upload(const std::string& name, const std::string& bytes, v1::UploadModelResponse* response,
                             std::string* reason) const {
  grpc::ClientContext context;
  if (!bearer_.empty()) context.AddMetadata("authorization", "Bearer " + bearer_);
  const auto models = stub<v1::ModelService>();
  const auto writer = models->UploadModel(&context, response);
  v1::UploadModelRequest request;
  request.mutable_header()->set_name(name);
  request.mutable_header()->set_sha256(sha256_hex(bytes));
  request.mutable_header()->set_size_bytes(bytes.size());
  bool open = writer->Write(request);
  for (std::size_t at = 0; open && at < bytes.size(); at += 1000) {
    request.set_chunk(bytes.substr(at, 1000));
    open = writer->Write(request);
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (reason != nullptr) *reason = error_of(context).reason();
  return status;
}

void ApiTest::add_digits() {
  v1::UploadModelResponse response;
  const grpc::Status status = upload("digits", read_source_file("models/digits.tflite"), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
}

std::string ApiTest::submit_digits(const std::string& board) {
  add_digits();
  v1::SubmitJobRequest request;
  request.mutable_spec()->add_models("digits");
  request.mutable_spec()->add_boards(board);
  request.mutable_spec()->set_fit_policy(v1::FIT_POLICY_SKIP);
  const auto jobs = stub<v1::JobService>();
  return call<v1::SubmitJobResponse>(*jobs, &v1::JobService::Stub::SubmitJob, request).job().job_id();
}

int ApiTest::play_boards() {
  int finished = 0;
  for (const v1::Board& board : directory_->boards()) {
    const jobs::BoardView view = jobs::view_of(board);
    while (const auto lease = queue_->take(view)) {
      queue_->set_state(lease->run_id, lease->attempt, v1::RUN_STATE_MEASURING);
      queue_->set_step(lease->run_id, lease->attempt, "measuring latency", 0.5);
      const absl::Status ended = testing_support::wait_for([&](store::Done done) {
        queue_->finish(lease->run_id, lease->attempt, good_end(*lease, view), std::move(done));
      });
      EXPECT_TRUE(ended.ok()) << ended;
      ++finished;
    }
  }
  return finished;
}

void ApiTest::play_boards_always() {
  queue_->on_work([this] { boost::asio::post(context_, [this] { play_boards(); }); });
  play_boards();
}

std::string ApiTest::read_source_file(const std::string& path) {
  std::ifstream file(std::string(TINYRIG_SOURCE_DIR) + "/" + path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace tinyrig::api
