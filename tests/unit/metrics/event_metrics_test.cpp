// What the parts tell becomes the right series with the right values.
#include "server/metrics/event_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "server/base/error.h"

namespace tinyrig::metrics {
namespace {

using std::chrono::milliseconds;
using ::testing::UnorderedElementsAre;

std::vector<v1::BoardType> types() {
  v1::BoardType emulated;
  emulated.set_id("emu-type");
  emulated.set_emulated(true);
  v1::BoardType silicon;
  silicon.set_id("chip-type");
  return {emulated, silicon};
}

v1::Board board(const std::string& type) {
  v1::Board board;
  board.set_id("secret-name");
  board.set_board_type(type);
  board.set_emulated(type == "emu-type");
  return board;
}

v1::RunSummary run(const std::string& type, v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED) {
  v1::RunSummary run;
  run.set_run_id("r-1");
  run.set_model_name("a user's {\"text\"}");
  run.set_board_type(type);
  run.set_outcome(outcome);
  return run;
}

class EventMetricsTest : public ::testing::Test {
 protected:
  std::string text() const { return prometheus::TextSerializer().Serialize(metrics_.collect()); }
  // The lines of one family, without its buckets.
  std::vector<std::string> lines(const Metric& metric) const {
    std::vector<std::string> found;
    std::istringstream all(text());
    for (std::string line; std::getline(all, line);) {
      const bool of_it = line.starts_with(metric.name) && line.find("_bucket{") == line.npos;
      if (of_it) found.push_back(line.substr(std::string(metric.name).size()));
    }
    return found;
  }

  EventMetrics metrics_{types()};
};

TEST_F(EventMetricsTest, RunsByOutcomeAndEmulatedApart) {
  metrics_.on_run_finished(run("emu-type", v1::OUTCOME_SUCCEEDED));
  metrics_.on_run_finished(run("emu-type", v1::OUTCOME_SUCCEEDED));
  metrics_.on_run_finished(run("chip-type", v1::OUTCOME_BOARD_ERROR));
  EXPECT_THAT(lines(kRuns),
              UnorderedElementsAre(R"({board_type="emu-type",emulated="true",outcome="succeeded"} 2)",
                                   R"({board_type="chip-type",emulated="false",outcome="board_error"} 1)"));
}

TEST_F(EventMetricsTest, AttemptsBringSamples) {
  store::AttemptEnd end;
  end.attempt.set_outcome(v1::OUTCOME_SUCCEEDED);
  end.samples.resize(2);
  end.samples[0].add_latency_ticks(7);
  end.samples[1].add_latency_ticks(8);
  end.samples[1].add_latency_ticks(9);
  store::PackedCapture capture;
  capture.info.set_size_bytes(4'000);
  end.capture = std::make_shared<const store::PackedCapture>(capture);
  metrics_.on_attempt_ended(run("emu-type"), end);
  EXPECT_THAT(lines(kAttempts),
              UnorderedElementsAre(R"({board_type="emu-type",emulated="true",outcome="succeeded"} 1)"));
  EXPECT_THAT(lines(kSamples), UnorderedElementsAre(R"({board_type="emu-type",emulated="true",kind="latency"} 3)",
                                                    R"({board_type="emu-type",emulated="true",kind="current"} 1000)"));
  EXPECT_THAT(lines(kIngestBytes), UnorderedElementsAre(R"({board_type="emu-type",emulated="true"} 4000)"));
}

TEST_F(EventMetricsTest, WaitsAreAHistogram) {
  metrics_.on_first_attempt(run("chip-type"), absl::Milliseconds(500));
  metrics_.on_first_attempt(run("chip-type"), absl::Minutes(2));
  EXPECT_THAT(lines(kRunWait), UnorderedElementsAre(R"(_count{board_type="chip-type",emulated="false"} 2)",
                                                    R"(_sum{board_type="chip-type",emulated="false"} 120.5)"));
  const std::string all = text();
  EXPECT_NE(all.find(R"(tinyrig_run_wait_seconds_bucket{board_type="chip-type",emulated="false",le="0.5"} 1)"),
            std::string::npos)
      << all;
  EXPECT_NE(all.find(R"(tinyrig_run_wait_seconds_bucket{board_type="chip-type",emulated="false",le="300"} 2)"),
            std::string::npos);
}

TEST_F(EventMetricsTest, BoardsRecoverAndAreFlashed) {
  metrics_.on_rung(board("emu-type"), "hello", false);
  metrics_.on_rung(board("emu-type"), "reset", true);
  metrics_.on_firmware_write(board("emu-type"), absl::OkStatus());
  metrics_.on_firmware_write(board("emu-type"), absl::UnavailableError("no"));
  metrics_.on_firmware_write(board("emu-type"), absl::CancelledError());
  metrics_.on_slot_write(board("emu-type"));
  EXPECT_THAT(lines(kRecoveries),
              UnorderedElementsAre(R"({board_type="emu-type",emulated="true",result="failed",rung="hello"} 1)",
                                   R"({board_type="emu-type",emulated="true",result="helped",rung="reset"} 1)"));
  EXPECT_THAT(lines(kFirmwareWrites),
              UnorderedElementsAre(R"({board_type="emu-type",emulated="true",result="ok"} 1)",
                                   R"({board_type="emu-type",emulated="true",result="failed"} 1)",
                                   R"({board_type="emu-type",emulated="true",result="cancelled"} 1)"));
  EXPECT_THAT(lines(kSlotWrites), UnorderedElementsAre(R"({board_type="emu-type",emulated="true"} 1)"));
}

TEST_F(EventMetricsTest, LinesAddUp) {
  link::Counters since;
  since.frames_received = 10;
  since.data_frames_sent = 4;
  since.retransmitted = 2;
  since.bad_chunks = 3;
  metrics_.on_line(board("chip-type"), since);
  metrics_.on_line(board("chip-type"), since);
  metrics_.on_trouble(board("chip-type"), "AGENT_SILENT");
  metrics_.on_trouble(board("chip-type"), "GOLDEN_OUTPUT_WRONG");  // has nothing to do with the line
  EXPECT_THAT(lines(kFrames),
              UnorderedElementsAre(R"({board_type="chip-type",direction="received",emulated="false"} 20)",
                                   R"({board_type="chip-type",direction="sent",emulated="false"} 12)"));
  EXPECT_THAT(lines(kLinkErrors),
              UnorderedElementsAre(R"({board_type="chip-type",emulated="false",kind="damaged"} 6)",
                                   R"({board_type="chip-type",emulated="false",kind="resent"} 4)",
                                   R"({board_type="chip-type",emulated="false",kind="gap"} 0)",
                                   R"({board_type="chip-type",emulated="false",kind="duplicate"} 0)",
                                   R"({board_type="chip-type",emulated="false",kind="stale"} 0)",
                                   R"({board_type="chip-type",emulated="false",kind="timeout"} 1)"));
}

TEST_F(EventMetricsTest, CommitsCallsAndRequests) {
  metrics_.on_commit(3, milliseconds(2), absl::OkStatus());
  metrics_.on_commit(1, milliseconds(500), make_error(absl::StatusCode::kResourceExhausted, "DISK_FULL", "full"));
  EXPECT_THAT(lines(kCommits), UnorderedElementsAre("_count 2", "_sum 0.502"));
  EXPECT_THAT(lines(kWrites), UnorderedElementsAre(" 4"));
  EXPECT_THAT(lines(kRefusedCommits), UnorderedElementsAre(R"({reason="disk_full"} 1)"));

  metrics_.on_call("JobService/GetJob", "ok", milliseconds(1));
  metrics_.on_call("JobService/GetJob", "not_found", milliseconds(1));
  metrics_.on_call("JobService/WatchJob", "ok", std::nullopt);
  EXPECT_THAT(lines(kCalls), UnorderedElementsAre(R"({code="ok",method="JobService/GetJob"} 1)",
                                                  R"({code="not_found",method="JobService/GetJob"} 1)",
                                                  R"({code="ok",method="JobService/WatchJob"} 1)"));
  EXPECT_THAT(lines(kCallDuration), UnorderedElementsAre(R"(_count{method="JobService/GetJob"} 2)",
                                                         R"(_sum{method="JobService/GetJob"} 0.002)"));

  metrics_.on_http(200);
  metrics_.on_http(204);
  metrics_.on_http(404);
  metrics_.on_websocket(true);
  metrics_.on_websocket(true);
  metrics_.on_websocket(false);
  EXPECT_THAT(lines(kHttpRequests), UnorderedElementsAre(R"({status="2xx"} 2)", R"({status="4xx"} 1)"));
  EXPECT_THAT(lines(kWebSockets), UnorderedElementsAre(" 1"));
}

// No user's text, no name of one board, run or job: the number of series has a bound.
TEST_F(EventMetricsTest, NothingOfAUserOrOfOneBoardIsALabel) {
  metrics_.on_run_finished(run("emu-type", v1::OUTCOME_SUCCEEDED));
  metrics_.on_first_attempt(run("emu-type"), absl::Seconds(1));
  metrics_.on_attempt_ended(run("emu-type"), {});
  metrics_.on_rung(board("emu-type"), "hello", true);
  metrics_.on_firmware_write(board("emu-type"), absl::OkStatus());
  metrics_.on_line(board("emu-type"), {});
  const std::string all = text();
  for (const char* foreign : {"secret-name", "r-1", "text"}) {
    EXPECT_EQ(all.find(foreign), std::string::npos) << foreign << " in\n" << all;
  }
}

}  // namespace
}  // namespace tinyrig::metrics
