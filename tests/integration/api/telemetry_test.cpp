// What the API shows to those who watch over the daemon: metrics of real calls and runs, and whether it is ready.
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <set>
#include <sstream>

#include "server/metrics/metrics_text.h"
#include "tests/integration/api/api_fixture.h"
#include "tests/support/web/web_client.h"

namespace tinyrig::api {
namespace {

using testing_support::fetch;
using testing_support::WebResponse;
using testing_support::WebSocketClient;

class TelemetryTest : public ApiTest {
 protected:
  void SetUp() override {
    telemetry_ = {&counted_, [this] { return metrics::metrics_text(counted_, *state_); },
                  [this] { return ready_ ? absl::OkStatus() : not_ready(); }};
    ApiTest::SetUp();
    queue_->observe(counted_);
    state_ = std::make_unique<metrics::StateMetrics>(
        metrics::StateSources{*directory_, *queue_, *store_, clock_, telemetry_.readiness, "1.2.3-test"});
  }
  static absl::Status not_ready() {
    return make_error(absl::StatusCode::kUnavailable, "DISK_FULL", "no room", "free some");
  }
  static std::vector<v1::BoardType> types() {
    v1::BoardType emulated;
    emulated.set_id("big-type");
    emulated.set_emulated(true);
    return {emulated};
  }
  std::string scrape() const {
    const WebResponse response = fetch("GET", api_->http_port(), "/metrics");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    return response.body;
  }
  // "" when there is no such series.
  std::string value(const std::string& series) const { return value_in(scrape(), series); }
  static std::string value_in(const std::string& text, const std::string& series) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
    }
    return "";
  }
  // gRPC's answer may be with the client before the server has counted it.
  void expect_soon(const std::string& series, const std::string& expected) const {
    std::string last = value(series);
    for (int i = 0; i < 1'000 && last != expected; ++i) last = value(series);
    EXPECT_EQ(last, expected) << series;
  }
  std::string health() const {
    grpc::GenericStub generic(channel());
    grpc::ClientContext context;
    const grpc::Slice nothing("");
    grpc::ByteBuffer request(&nothing, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> done;
    generic.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                      [&done](grpc::Status status) { done.set_value(std::move(status)); });
    EXPECT_TRUE(done.get_future().get().ok());
    grpc::Slice bytes;
    EXPECT_TRUE(response.DumpToSingleSlice(&bytes).ok());
    return {bytes.begin(), bytes.end()};
  }

  metrics::EventMetrics counted_{types()};
  std::unique_ptr<metrics::StateMetrics> state_;
  std::atomic<bool> ready_ = true;
};

TEST_F(TelemetryTest, RunsThatABoardHadAreCountedOnce) {
  submit_digits("big-1");
  EXPECT_EQ(value(R"(tinyrig_queue_runs{board_type="big-type",emulated="true",priority="normal"})"), "1");
  ASSERT_EQ(play_boards(), 1);
  const std::string text = scrape();
  EXPECT_EQ(value_in(text, R"(tinyrig_runs_total{board_type="big-type",emulated="true",outcome="succeeded"})"), "1");
  EXPECT_EQ(value_in(text, R"(tinyrig_attempts_total{board_type="big-type",emulated="true",outcome="succeeded"})"),
            "1");
  EXPECT_EQ(value_in(text, R"(tinyrig_run_wait_seconds_count{board_type="big-type",emulated="true"})"), "1");
  EXPECT_EQ(value_in(text, R"(tinyrig_queue_runs{board_type="big-type",emulated="true",priority="normal"})"), "");
  EXPECT_EQ(value_in(text, "tinyrig_queue_unsaved_ends"), "0");
  EXPECT_EQ(value_in(text, R"(tinyrig_build_info{version="1.2.3-test"})"), "1");
}

TEST_F(TelemetryTest, RunsThatNoBoardHadAreCountedToo) {
  const std::string job_id = submit_digits("big-1");
  v1::CancelJobRequest request;
  request.set_job_id(job_id);
  const auto jobs = stub<v1::JobService>();
  call<v1::CancelJobResponse>(*jobs, &v1::JobService::Stub::CancelJob, request);
  v1::SubmitJobRequest unfit;
  unfit.mutable_spec()->add_models("digits");
  unfit.mutable_spec()->add_boards("small-1");
  unfit.mutable_spec()->set_fit_policy(v1::FIT_POLICY_FAIL);
  call<v1::SubmitJobResponse>(*jobs, &v1::JobService::Stub::SubmitJob, unfit);
  const std::string text = scrape();
  EXPECT_EQ(value_in(text, R"(tinyrig_runs_total{board_type="big-type",emulated="true",outcome="cancelled"})"), "1");
  EXPECT_EQ(value_in(text, R"(tinyrig_runs_total{board_type="small-type",emulated="false",outcome="user_error"})"),
            "1");
  EXPECT_EQ(value_in(text, R"(tinyrig_run_wait_seconds_count{board_type="big-type",emulated="true"})"), "");
}

TEST_F(TelemetryTest, CallsOfBothFacesByMethodAndCode) {
  const auto jobs = stub<v1::JobService>();
  v1::GetJobRequest unknown;
  unknown.set_job_id("j-unknown");
  EXPECT_EQ(refusal<v1::GetJobResponse>(*jobs, &v1::JobService::Stub::GetJob, unknown), "JOB_UNKNOWN");
  EXPECT_EQ(fetch("POST", api_->http_port(), "/tinyrig.v1.JobService/GetJob", R"({"jobId": "j-unknown"})").status,
            404U);
  expect_soon(R"(tinyrig_api_calls_total{code="not_found",method="JobService/GetJob"})", "2");
  expect_soon(R"(tinyrig_api_call_duration_seconds_count{method="JobService/GetJob"})", "2");
  expect_soon(R"(tinyrig_http_requests_total{status="4xx"})", "1");

  // What a client makes up becomes no label.
  fetch("POST", api_->http_port(), "/tinyrig.v1.JobService/MadeUp", "{}");
  grpc::GenericStub generic(channel());
  grpc::ClientContext context;
  const grpc::Slice nothing("");
  grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  generic.UnaryCall(&context, "/made.up.Service/MadeUp", {}, &request, &response,
                    [&done](grpc::Status status) { done.set_value(std::move(status)); });
  EXPECT_EQ(done.get_future().get().error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(scrape().find("MadeUp"), std::string::npos);
}

TEST_F(TelemetryTest, AStreamEndsAsACallWithoutADuration) {
  v1::WatchJobRequest request;
  request.set_job_id(submit_digits("big-1"));
  play_boards();
  const auto jobs = stub<v1::JobService>();
  grpc::ClientContext context;
  const auto stream = jobs->WatchJob(&context, request);
  v1::WatchJobResponse message;
  while (stream->Read(&message)) {
  }
  EXPECT_TRUE(stream->Finish().ok());
  expect_soon(R"(tinyrig_api_calls_total{code="ok",method="JobService/WatchJob"})", "1");
  EXPECT_EQ(value(R"(tinyrig_api_call_duration_seconds_count{method="JobService/WatchJob"})"), "");
}

TEST_F(TelemetryTest, OpenWebSockets) {
  EXPECT_EQ(value("tinyrig_websockets_open"), "0");
  auto [status, socket] = WebSocketClient::connect(api_->http_port(), "/ws");
  ASSERT_EQ(status, 101U);
  ASSERT_TRUE(socket->read().has_value());
  EXPECT_EQ(value("tinyrig_websockets_open"), "1");
  EXPECT_EQ(value(R"(tinyrig_http_requests_total{status="1xx"})"), "1");
  socket.reset();
  expect_soon("tinyrig_websockets_open", "0");
  EXPECT_EQ(WebSocketClient::connect(api_->http_port(), "/elsewhere").first, 404U);
  EXPECT_EQ(value(R"(tinyrig_http_requests_total{status="4xx"})"), "1");
}

TEST_F(TelemetryTest, ReadinessOnBothFaces) {
  EXPECT_EQ(fetch("GET", api_->http_port(), "/readyz").status, 200U);
  EXPECT_EQ(fetch("GET", api_->http_port(), "/readyz").body, "{\"ready\":true}\n");
  EXPECT_EQ(health(), "\x08\x01") << "SERVING";
  EXPECT_EQ(value("tinyrig_ready"), "1");

  ready_ = false;
  const WebResponse refused = fetch("GET", api_->http_port(), "/readyz");
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(refused.headers.at("content-type"), "application/json");
  EXPECT_EQ(refused.body,
            "{\"ready\":false,\"reason\":\"DISK_FULL\",\"message\":\"no room\",\"hint\":\"free some\"}\n");
  api_->show_readiness();
  EXPECT_EQ(health(), "\x08\x02") << "NOT_SERVING";
  EXPECT_EQ(value("tinyrig_ready"), "0");
  EXPECT_EQ(fetch("GET", api_->http_port(), "/healthz").status, 200U) << "alive all the same";

  ready_ = true;
  api_->show_readiness();
  EXPECT_EQ(health(), "\x08\x01");
}

// Every family that is served is one of the documented, with the labels that are documented.
TEST_F(TelemetryTest, ServesWhatIsDocumented) {
  submit_digits("big-1");
  std::vector<prometheus::MetricFamily> families = counted_.collect();
  for (prometheus::MetricFamily& family : state_->collect()) families.push_back(std::move(family));
  EXPECT_GE(families.size(), 15U);
  for (const prometheus::MetricFamily& family : families) {
    const auto all = metrics::all_metrics();
    const auto known = std::find_if(all.begin(), all.end(),
                                    [&family](const metrics::Metric& metric) { return family.name == metric.name; });
    ASSERT_NE(known, all.end()) << family.name;
    EXPECT_EQ(family.help, known->help);
    for (const prometheus::ClientMetric& series : family.metric) {
      std::set<std::string> labels;
      for (const auto& label : series.label) labels.insert(label.name);
      std::set<std::string> documented;
      std::istringstream words(known->labels);
      for (std::string word; words >> word;) documented.insert(word);
      EXPECT_EQ(labels, documented) << family.name;
    }
  }
}

class TelemetryWithTokensTest : public TelemetryTest {
 protected:
  TelemetryWithTokensTest() { access_settings_.tokens_required = true; }
};

TEST_F(TelemetryWithTokensTest, MetricsAskForAViewer) {
  const auto viewer = testing_support::wait_for_answer<access::NewToken>([&](auto done) {
    access_->tokens().create({"prometheus", "", v1::ROLE_VIEWER, absl::InfiniteFuture(), ""}, std::move(done));
  });
  ASSERT_TRUE(viewer.ok()) << viewer.status();
  const WebResponse refused = fetch("GET", api_->http_port(), "/metrics");
  EXPECT_EQ(refused.status, 401U);
  EXPECT_NE(refused.body.find("TOKEN_MISSING"), std::string::npos) << refused.body;
  EXPECT_EQ(refused.body.find("tinyrig_"), std::string::npos) << refused.body;
  EXPECT_EQ(fetch("GET", api_->http_port(), "/metrics", "", {{"Authorization", "Bearer " + viewer->secret}}).status,
            200U);
  EXPECT_EQ(fetch("GET", api_->http_port(), "/healthz").status, 200U) << "supervisors have no token";
  EXPECT_EQ(fetch("GET", api_->http_port(), "/readyz").status, 200U);
}

// Nobody watches: nothing is served, and nothing breaks.
TEST_F(ApiTest, NoMetricsUnlessSomebodyCounts) {
  EXPECT_NE(fetch("GET", api_->http_port(), "/metrics").status, 200U);
  EXPECT_EQ(fetch("GET", api_->http_port(), "/readyz").status, 200U);
}

}  // namespace
}  // namespace tinyrig::api
