// What a real daemon says of itself after real work: metrics, readiness, logs, and `tinyrig top`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <sstream>
#include <string>

#include "tests/support/rig/rig.h"
#include "tests/support/web/web_client.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using testing_support::fetch;

class TelemetryTest : public ::testing::Test {
 protected:
  void start(const std::vector<std::string>& arguments = {}) {
    DaemonOptions options;
    options.farm_files = {emulator_.farm_file()};
    options.more_arguments = arguments;
    daemon_ = std::make_unique<Daemon>(folder_.path(), options);
    ASSERT_TRUE(daemon_->wait_for_idle("host-1", within(seconds(60)))) << daemon_->log();
    daemon_->add_own_model("digits");
  }
  // 2 sessions of 3 iterations.
  v1::Run run_digits() {
    v1::JobSpec spec = quick_job("digits", "host");
    spec.mutable_settings()->set_sessions(2);
    spec.mutable_settings()->set_iterations(3);
    const std::string job_id = daemon_->api().submit(spec).job().job_id();
    const v1::Job job = daemon_->api().finished_job(job_id, within(seconds(60)));
    EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon_->log();
    return daemon_->api().run(job.runs(0).run_id());
  }
  std::string scrape() const {
    const auto response = fetch("GET", daemon_->http_port(), "/metrics");
    EXPECT_EQ(response.status, 200U);
    return "\n" + response.body;
  }

  const ShortFolder folder_;
  Emulator emulator_{folder_.path(), "host"};
  std::unique_ptr<Daemon> daemon_;
};

std::string text_of(const boost::json::object& event, const char* name) {
  const boost::json::string& text = event.at(name).as_string();
  return {text.begin(), text.end()};
}

void expect_line(const std::string& text, const std::string& line) {
  EXPECT_NE(text.find("\n" + line + "\n"), std::string::npos) << line << " is not in" << text;
}

TEST_F(TelemetryTest, CountsWhatAFarmDid) {
  start();
  EXPECT_EQ(fetch("GET", daemon_->http_port(), "/readyz").status, 200U);
  const std::string emulated = daemon_->api().board("host-1").emulated() ? "true" : "false";
  const std::string host = R"({board_type="host",emulated=")" + emulated + "\"";
  run_digits();
  run_digits();
  const std::string text = scrape();
  expect_line(text, "tinyrig_runs_total" + host + R"(,outcome="succeeded"} 2)");
  expect_line(text, "tinyrig_attempts_total" + host + R"(,outcome="succeeded"} 2)");
  expect_line(text, "tinyrig_ingest_samples_total" + host + R"(,kind="latency"} 12)");
  expect_line(text, "tinyrig_run_wait_seconds_count" + host + "} 2");
  expect_line(text, "tinyrig_recoveries_total" + host + R"(,result="helped",rung="hello"} 1)");
  expect_line(text, R"(tinyrig_api_calls_total{code="ok",method="JobService/SubmitJob"} 2)");
  expect_line(text, R"(tinyrig_board_up{board="host-1",board_type="host",emulated=")" + emulated + "\"} 1");
  expect_line(text, "tinyrig_queue_unsaved_ends 0");
  expect_line(text, "tinyrig_ready 1");
  EXPECT_EQ(text.find("tinyrig_store_refused_commits_total{"), std::string::npos) << text;
}

TEST_F(TelemetryTest, JsonLogsNameBoardJobAndRun) {
  start({"--log-format", "json"});
  const v1::Run run = run_digits();
  std::istringstream lines(daemon_->log());
  std::size_t of_the_run = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] != '{') continue;
    const boost::json::object event = boost::json::parse(line).as_object();
    EXPECT_TRUE(event.contains("time") && event.contains("level") && event.contains("message")) << line;
    if (!event.contains("run") || text_of(event, "run") != run.summary().run_id()) continue;
    ++of_the_run;
    EXPECT_EQ(text_of(event, "board"), "host-1") << line;
    EXPECT_EQ(text_of(event, "job"), run.job_id()) << line;
  }
  EXPECT_GE(of_the_run, 2U) << "begin and end: " << daemon_->log();
}

TEST_F(TelemetryTest, TopShowsTheFarmOnce) {
  start();
  const v1::Run run = run_digits();
  const Ended text = daemon_->cli({"top", "--once"});
  EXPECT_EQ(text.exit_code, 0) << text.output;
  EXPECT_THAT(text.output, ::testing::HasSubstr("boards: 1 ("));
  EXPECT_THAT(text.output, ::testing::ContainsRegex("host-1 .*idle"));
  EXPECT_THAT(text.output, ::testing::ContainsRegex(run.summary().run_id() + ".*digits.*host-1.*succeeded"));
  EXPECT_EQ(text.output.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace tinyrig::test
