#include "server/mlperf/dut_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/mlperf/synthetic_run.h"

namespace tinyrig::mlperf {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

std::string window(const std::string& laps) {
  return "m-warmup-start-1\nm-warmup-done\nm-infer-start-10\n" + laps + "m-infer-done\nm-results-[0.1]\nm-ready\n";
}

TEST(DutLog, OneRunOfEnergyRunner) {
  const DutLog log = parse_dut_log(eembc_performance()["log.txt"]);
  EXPECT_EQ(log.runner, Runner::kEembc);
  EXPECT_EQ(log.sessions, 1U);
  EXPECT_NE(log.session_end_line, 0U);
  EXPECT_EQ(log.runner_version, "3.0.10");
  EXPECT_EQ(log.run_code, "ulp-mlperf");
  EXPECT_EQ(log.run_mode, "bmark");
  EXPECT_EQ(log.profile, "ULPMark for tinyML Firmware V0.0.1");
  EXPECT_EQ(log.model, "kws01");
  EXPECT_EQ(log.commands.size(), 13U);
  EXPECT_EQ(log.commands[3].text, "bload dut \"tst_000000_Word_0.bin\"");
  ASSERT_THAT(log.inferences, SizeIs(5));
  EXPECT_EQ(log.inferences[1].input, "tst_000001_Word_1.bin");
  EXPECT_EQ(log.inferences[1].iterations, 1000U);
  EXPECT_EQ(log.inferences[1].elapsed_us(), 11'001'000U);
  EXPECT_TRUE(log.inferences[1].done);
  EXPECT_THAT(log.inferences[1].results, SizeIs(12));
  EXPECT_NEAR(*log.inferences[1].host_end_s - *log.inferences[1].host_start_s, 11.001, 1e-9);
}

TEST(DutLog, OneRunOfTheMlcRunner) {
  const DutLog log = parse_dut_log(mlc_performance()["log.txt"]);
  EXPECT_EQ(log.runner, Runner::kMlc);
  EXPECT_EQ(log.profile, "ULPMark for tinyML Firmware V0.0.1");
  EXPECT_EQ(log.model, "kws01");
  ASSERT_THAT(log.inferences, SizeIs(5));
  EXPECT_EQ(log.inferences[4].input, "tst_000004_Word_4.bin");
  EXPECT_EQ(log.inferences[4].iterations, 1000U);
  EXPECT_DOUBLE_EQ(log.inferences[4].printed_s->value, 11.004);
  EXPECT_THAT(log.inferences[4].results, SizeIs(12));
  EXPECT_TRUE(log.errors.empty());
}

TEST(DutLog, WhatPublicLogsHave) {
  // The last two laps count; the clock of 32 bits wraps; a comma ends the list; CR, NUL and text in between.
  const DutLog log =
      parse_dut_log(std::string("m-lap-us-1\r\nfree text\r\n") +
                    window("m-lap-us-7\r\nm-lap-us-4294967000\r\nInitialized\r\nm-lap-us-704\r\n") +
                    std::string("\0m-warmup-start-0\0\n", 19) +
                    "m-infer-start-2\nm-lap-us-5\nm-lap-us-9\nm-infer-done\n" + "m-results-[0.004,0.996,]\n");
  ASSERT_THAT(log.inferences, SizeIs(2));
  EXPECT_EQ(log.inferences[0].elapsed_us(), 1000U);
  EXPECT_EQ(log.inferences[1].iterations, 2U);
  EXPECT_THAT(log.inferences[1].results, ElementsAre(0.004F, 0.996F));
  EXPECT_EQ(log.runner, Runner::kUnknown);
}

TEST(DutLog, AClockOf64BitsThatGoesBackHasNoTime) {
  const DutLog log = parse_dut_log(window("m-lap-us-99999999999\nm-lap-us-5\n"));
  ASSERT_THAT(log.inferences, SizeIs(1));
  EXPECT_FALSE(log.inferences[0].elapsed_us());
}

TEST(DutLog, HalfInferences) {
  const DutLog log = parse_dut_log(
      "m-infer-start-10\nm-lap-us-1\nm-infer-start-20\nm-lap-us-1\nm-lap-us-2\nm-infer-done\nm-infer-start-30\n");
  ASSERT_THAT(log.inferences, SizeIs(3));
  EXPECT_FALSE(log.inferences[0].done);
  EXPECT_TRUE(log.inferences[1].done);
  EXPECT_EQ(log.inferences[2].iterations, 30U);
}

TEST(DutLog, Instruments) {
  const DutLog log = parse_dut_log(eembc_energy()["log.txt"]);
  EXPECT_EQ(log.voltage_mv, 3000);
  EXPECT_EQ(log.monitor, "lpm01a");
  EXPECT_EQ(log.trace_start_s, 1.5);
  EXPECT_EQ(log.trace_end_s, 71.5);
  EXPECT_EQ(log.restart_line, 0U);
  EXPECT_THAT(log.inferences, SizeIs(5));
}

TEST(DutLog, Trouble) {
  const DutLog log = parse_dut_log(
      "00001.000 dut: e-[Unknown command: x]\n00001.000 emon: e-[Dropped more than 0.1% of packets]\n"
      "00000.900 dut: Supplied buffer size 9 exceeds maximum of 8\n");
  ASSERT_THAT(log.errors, SizeIs(3));
  EXPECT_EQ(log.errors[0].line, 1U);
  EXPECT_EQ(log.dropped->line, 2U);
  EXPECT_EQ(log.backwards->line, 3U);
}

TEST(DutLog, TheLastSessionCounts) {
  const std::string run = eembc_performance()["log.txt"];
  const DutLog log = parse_dut_log(run + run);
  EXPECT_EQ(log.sessions, 2U);
  EXPECT_THAT(log.inferences, SizeIs(5));
  EXPECT_TRUE(log.backwards.has_value());
}

TEST(DutLog, MemoryIsBounded) {
  DutLogParser parser;
  for (int i = 0; i < 110'000; ++i) parser.feed("m-infer-start-1\nm-infer-done\nm-results-[1]\n");
  const DutLog log = parser.finish();
  EXPECT_EQ(log.inferences.size(), DutLog::kMaxInferences);
  EXPECT_TRUE(log.overflow);
  std::string many = "m-infer-start-1\nm-infer-done\nm-results-[";
  for (int i = 0; i < 1000; ++i) many += "1,";
  EXPECT_THAT(parse_dut_log(many + "]\n").inferences[0].results, SizeIs(DutLog::kMaxResults));
}

TEST(DutLog, Commands) {
  EXPECT_EQ(command_text("bload dut \"C:\\x y\\z.bin\" 0 2560"), "bload dut \"z.bin\" 0 2560");
  EXPECT_EQ(command_text(" dut infer 10 1 "), "dut infer 10 1");
  EXPECT_EQ(command_text("\""), "\"");
  const DutLog log = parse_dut_log("parser: Command\n00001.000 parser: Command \"bload dut \"/d/a.bin\" 512 2560\"\n" +
                                   window("m-lap-us-1\nm-lap-us-2\n"));
  EXPECT_EQ(log.inferences[0].input, "a.bin");
  EXPECT_EQ(log.inferences[0].offset, 512U);
}

}  // namespace
}  // namespace tinyrig::mlperf
