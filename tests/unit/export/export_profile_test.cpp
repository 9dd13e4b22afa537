// The files of a small profile, whole.
#include "server/export/export_profile.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cmath>

#include "server/base/error.h"
#include "server/export/number_text.h"

namespace tinyrig::exporting {
namespace {

using testing::HasSubstr;

v1::Run profiled_run() {
  v1::Run run;
  run.set_model_sha256("abc");
  v1::RunSummary& summary = *run.mutable_summary();
  summary.set_run_id("r-1");
  summary.set_model_name("kws");
  summary.set_board_type("mps2-an386");
  summary.set_board_id("emu-1");
  summary.set_runtime("tinyrig");
  v1::RunResult& result = *run.mutable_result();
  result.set_validity(v1::VALIDITY_VALID);
  v1::RunProvenance& from = *result.mutable_provenance();
  from.set_emulated(true);
  from.set_timing_source(v1::TIMING_SOURCE_INSTRUCTION_COUNT);
  from.set_tick_unit(v1::TICK_UNIT_INSTRUCTIONS);
  from.mutable_agent()->set_build_id("feed");
  v1::ProfileResult& profile = *result.mutable_profile();
  profile.set_iterations(3);
  profile.set_clean_ticks(1000);
  profile.set_instrumented_ticks(1055);
  profile.set_sum_ticks(1030);
  profile.set_overhead_ratio(0.055);
  v1::OperatorProfile& first = *profile.add_operators();
  first.set_kind("CONV_2D");
  first.set_shape("1x8 -> 1x4");
  first.set_kernel("portable");
  first.set_macs(700);
  first.set_ticks(500);
  first.set_share(0.5);
  first.set_weight_bytes(256);
  first.set_arena_live_bytes(96);
  v1::OperatorProfile& second = *profile.add_operators();
  second.set_index(2);
  second.set_kind("SOFTMAX");
  second.set_shape("1x4, \"odd\"");
  second.set_kernel("portable");
  second.set_ticks(530.5);
  second.set_share(0.5);
  second.set_arena_live_bytes(48);
  return run;
}

std::string content(const v1::Run& run, v1::ProfileFormat format) {
  const auto file = export_profile(run, format);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? file->content() : "";
}

TEST(ChromeTrace, WholeFile) {
  EXPECT_EQ(content(profiled_run(), v1::PROFILE_FORMAT_CHROME_TRACE),
            R"json({
"displayTimeUnit": "ms",
"otherData": {"run_id": "r-1", "model_sha256": "abc", "board_id": "emu-1", "agent_build_id": "feed", "validity": "VALIDITY_VALID", "unit": "instructions (emulated), no time: 1 us here is 1 emulated instruction", "emulated": true, "overhead_ratio": 0.055},
"traceEvents": [
{"ph": "M", "pid": 1, "tid": 0, "name": "process_name", "args": {"name": "kws on mps2-an386 with tinyrig: instructions (emulated), no time: 1 us here is 1 emulated instruction"}},
{"ph": "M", "pid": 1, "tid": 1, "name": "thread_name", "args": {"name": "operators, mean of 3 inferences"}},
{"ph": "M", "pid": 1, "tid": 2, "name": "thread_name", "args": {"name": "end to end, profiled"}},
{"ph": "M", "pid": 1, "tid": 3, "name": "thread_name", "args": {"name": "end to end, clean"}},
{"ph": "X", "pid": 1, "tid": 3, "name": "inference, clean", "ts": 0, "dur": 1000, "args": {"ticks": 1000, "unit": "instructions (emulated)"}},
{"ph": "X", "pid": 1, "tid": 2, "name": "inference, profiled", "ts": 0, "dur": 1055, "args": {"ticks": 1055, "unit": "instructions (emulated)"}},
{"ph": "X", "pid": 1, "tid": 1, "name": "#0 CONV_2D", "ts": 0, "dur": 500, "args": {"ticks": 500, "unit": "instructions (emulated)", "shape": "1x8 -\u003e 1x4", "kernel": "portable", "share": 0.5, "macs": 700, "macs_per_tick": 1.4, "weight_bytes": 256, "arena_live_bytes": 96}},
{"ph": "C", "pid": 1, "name": "arena live", "ts": 0, "args": {"bytes": 96}},
{"ph": "X", "pid": 1, "tid": 1, "name": "#2 SOFTMAX", "ts": 500, "dur": 530.5, "args": {"ticks": 530.5, "unit": "instructions (emulated)", "shape": "1x4, \"odd\"", "kernel": "portable", "share": 0.5, "macs": 0, "macs_per_tick": 0, "weight_bytes": 0, "arena_live_bytes": 48}},
{"ph": "C", "pid": 1, "name": "arena live", "ts": 500, "args": {"bytes": 48}},
{"ph": "C", "pid": 1, "name": "arena live", "ts": 1030.5, "args": {"bytes": 0}}
]
}
)json");
}

TEST(ChromeTrace, IsJson) {
  v1::Run run = profiled_run();
  run.mutable_summary()->set_model_name("\"quoted\" \\ \n </script>");
  google::protobuf::Struct parsed;
  const std::string trace = content(run, v1::PROFILE_FORMAT_CHROME_TRACE);
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(trace, &parsed).ok()) << trace;
  EXPECT_EQ(parsed.fields().at("traceEvents").list_value().values_size(), 11);
}

// 168 MHz: 500 cycles are 2.976 us.
TEST(ChromeTrace, OfAClockIsInTime) {
  v1::Run run = profiled_run();
  v1::RunProvenance& from = *run.mutable_result()->mutable_provenance();
  from.set_emulated(false);
  from.set_timing_source(v1::TIMING_SOURCE_HARDWARE_CLOCK);
  from.set_tick_unit(v1::TICK_UNIT_CYCLES);
  from.set_ticks_per_second(168'000'000);
  const std::string trace = content(run, v1::PROFILE_FORMAT_CHROME_TRACE);
  EXPECT_THAT(trace, HasSubstr("\"dur\": 2.976190476190476"));
  EXPECT_THAT(trace, HasSubstr("\"ticks\": 500, \"unit\": \"cycles\""));
  EXPECT_THAT(trace, HasSubstr("with tinyrig: cycles, 168000000 per second"));
  EXPECT_THAT(trace, Not(HasSubstr("emulated)")));
}

TEST(ChromeTrace, SaysThatTheOverheadIsUnknown) {
  v1::Run run = profiled_run();
  run.mutable_result()->mutable_profile()->set_clean_ticks(0);
  const std::string trace = content(run, v1::PROFILE_FORMAT_CHROME_TRACE);
  EXPECT_THAT(trace, HasSubstr("\"overhead_ratio\": null"));
  EXPECT_THAT(trace, Not(HasSubstr("clean")));
}

TEST(ProfileCsv, WholeFile) {
  v1::Run run = profiled_run();
  run.mutable_summary()->set_model_name("=kws");  // a spreadsheet must not compute it
  const std::string of_run =
      "r-1,'=kws,abc,mps2-an386,emu-1,tinyrig,feed,VALIDITY_VALID,true,TIMING_SOURCE_INSTRUCTION_COUNT,"
      "TICK_UNIT_INSTRUCTIONS,0,3,1000,1055,1030,0.055,";
  EXPECT_EQ(content(run, v1::PROFILE_FORMAT_CSV),
            "run_id,model,model_sha256,board_type,board_id,runtime,agent_build_id,validity,emulated,timing_source,"
            "tick_unit,ticks_per_second,iterations,clean_ticks,instrumented_ticks,sum_ticks,overhead_ratio,index,kind,"
            "shape,kernel,macs,ticks,share,macs_per_tick,weight_bytes,arena_live_bytes\r\n" +
                of_run + "0,CONV_2D,1x8 -> 1x4,portable,700,500,0.5,1.4,256,96\r\n" + of_run +
                "2,SOFTMAX,\"1x4, \"\"odd\"\"\",portable,0,530.5,0.5,0,0,48\r\n");
}

TEST(ProfileCsv, SaysThatTheOverheadIsUnknown) {
  v1::Run run = profiled_run();
  run.mutable_result()->mutable_profile()->set_clean_ticks(0);
  EXPECT_THAT(content(run, v1::PROFILE_FORMAT_CSV), HasSubstr(",3,unknown,1055,1030,unknown,0,"));
}

TEST(ExportProfile, NamesItsFiles) {
  const auto trace = export_profile(profiled_run(), v1::PROFILE_FORMAT_CHROME_TRACE);
  EXPECT_EQ(trace->file_name(), "tinyrig-profile-r-1.trace.json");
  EXPECT_EQ(trace->media_type(), "application/json");
  const auto csv = export_profile(profiled_run(), v1::PROFILE_FORMAT_CSV);
  EXPECT_EQ(csv->file_name(), "tinyrig-profile-r-1.csv");
  EXPECT_EQ(csv->media_type(), "text/csv");
}

TEST(ExportProfile, NeedsAProfileAndAFormat) {
  EXPECT_EQ(reason_of(export_profile(v1::Run(), v1::PROFILE_FORMAT_CSV).status()), "PROFILE_MISSING");
  EXPECT_EQ(reason_of(export_profile(profiled_run(), v1::PROFILE_FORMAT_UNSPECIFIED).status()), "FORMAT_UNKNOWN");
}

TEST(NumberText, GivesTheNumberAgainWithoutExponent) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(1e15), "1000000000000000");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1e-7), "0.0000001");
  EXPECT_EQ(number_text(-2.5), "-2.5");
  EXPECT_EQ(number_text(NAN), "0");
}

}  // namespace
}  // namespace tinyrig::exporting
