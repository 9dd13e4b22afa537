#include "client/format.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tinyrig::client {
namespace {

TEST(Format, Grouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(18446744073709551615U), "18,446,744,073,709,551,615");
}

TEST(Format, Ticks) {
  EXPECT_EQ(ticks(0), "0");
  EXPECT_EQ(ticks(1234), "1,234");
  EXPECT_EQ(ticks(1234.5), "1,234.5");
  EXPECT_EQ(ticks(1234.96), "1,235");
  EXPECT_EQ(ticks(999999.99), "1,000,000");
  EXPECT_EQ(ticks(0.04), "0");
  EXPECT_EQ(ticks(-1), "-1.0");
  EXPECT_EQ(ticks(NAN), "nan");
}

TEST(Format, ThreeDigitsThatMatter) {
  EXPECT_EQ(significant(0), "0");
  EXPECT_EQ(significant(0.02345), "0.0234");
  EXPECT_EQ(significant(0.5), "0.500");
  EXPECT_EQ(significant(7.456), "7.46");
  EXPECT_EQ(significant(12.34), "12.3");
  EXPECT_EQ(significant(1234.5), "1,235");
  EXPECT_EQ(significant(NAN), "nan");
}

TEST(Format, MillionthsInTheUnitThatReadsBest) {
  EXPECT_EQ(microjoules(0), "0 uJ");
  EXPECT_EQ(microjoules(0.0456), "45.60 nJ");
  EXPECT_EQ(microjoules(1), "1.000 uJ");
  EXPECT_EQ(microjoules(812.34), "812.3 uJ");
  EXPECT_EQ(microjoules(999.94), "999.9 uJ");
  EXPECT_EQ(microjoules(999.96), "1.000 mJ");
  EXPECT_EQ(microjoules(-9.9996), "-10.00 uJ");
  EXPECT_EQ(microwatts(40'600), "40.60 mW");
  EXPECT_EQ(microamperes(1.1e6), "1.100 A");
  EXPECT_EQ(microjoules(NAN), "unknown");
}

TEST(Format, AnIntervalHasTheUnitOfItsValueAndTellsItsEndsApart) {
  v1::Interval interval;
  EXPECT_EQ(interval_uj(interval, 812), "unknown");
  interval.set_known(true);
  interval.set_low(800);
  interval.set_high(1'010);
  EXPECT_EQ(interval_uj(interval, 812), "[800.0, 1010.0] uJ");
  EXPECT_EQ(interval_uj(interval, 1'002), "[0.800, 1.010] mJ");
  interval.set_low(812.0012);
  interval.set_high(812.0034);
  EXPECT_EQ(interval_uj(interval, 812), "[812.0012, 812.0034] uJ");
  interval.set_high(812.0012);
  EXPECT_EQ(interval_uj(interval, 812), "[812.0, 812.0] uJ");
  EXPECT_EQ(microjoules_alike(28'205.4, {28'204.6, 28'206.3}), (std::vector<std::string>{"28.2046 mJ", "28.2063 mJ"}));
  EXPECT_EQ(microjoules_alike(812, {812}), std::vector<std::string>{"812.0 uJ"});
  EXPECT_TRUE(microjoules_alike(812, {}).empty());
}

TEST(Format, Bars) {
  EXPECT_EQ(bar(50, 100, 10), "#####");
  EXPECT_EQ(bar(100, 100, 10), "##########");
  EXPECT_EQ(bar(300, 100, 10), "##########") << "never wider";
  EXPECT_EQ(bar(0.01, 100, 10), "#") << "there is something";
  EXPECT_EQ(bar(0, 100, 10), "");
  EXPECT_EQ(bar(1, 0, 10), "");
  EXPECT_EQ(bar(NAN, 100, 10), "");
}

TEST(Format, Bytes) {
  EXPECT_EQ(bytes(0), "0 B");
  EXPECT_EQ(bytes(1023), "1023 B");
  EXPECT_EQ(bytes(1024), "1 KiB");
  EXPECT_EQ(bytes(24000), "23.4 KiB");
  EXPECT_EQ(bytes(3U << 20), "3 MiB");
  EXPECT_EQ(bytes(20'000'000'000), "18.6 GiB");
  EXPECT_EQ(bytes(UINT64_MAX), "16777216 TiB");
}

TEST(Format, TimeAndRates) {
  EXPECT_EQ(hertz(168'000'000), "168 MHz");
  EXPECT_EQ(hertz(7'812'500), "7.8 MHz");
  EXPECT_EQ(hertz(32'768), "32,768 Hz");
  EXPECT_EQ(microseconds(0.812), "812 ns");
  EXPECT_EQ(microseconds(12.5), "12.50 us");
  EXPECT_EQ(microseconds(12'410), "12.41 ms");
  EXPECT_EQ(microseconds(2'500'000), "2.50 s");
  google::protobuf::Timestamp stamp;
  EXPECT_EQ(time(stamp), "-");
  stamp.set_seconds(1'795'273'803);
  EXPECT_EQ(time(stamp), "2026-11-21 15:10:03Z");
  EXPECT_EQ(percent(0.1234), "12.3 %");
  EXPECT_EQ(percent(0.00051), "0.05 %");
  EXPECT_EQ(percent(-0.2), "-20.0 %");
  EXPECT_EQ(small_percent(0.00001569), "0.0016 %");
}

TEST(Format, IntervalIsUnknownUnlessKnown) {
  v1::Interval unknown;
  unknown.set_low(1);
  unknown.set_high(2);
  EXPECT_EQ(interval(unknown), "unknown");
  unknown.set_known(true);
  EXPECT_EQ(interval(unknown), "[1, 2]");
}

TEST(Format, Samples) {
  EXPECT_EQ(samples(30, 3), "10x3");
  EXPECT_EQ(samples(31, 3), "31 in 3");
  EXPECT_EQ(samples(0, 0), "-");
}

TEST(Format, EmulatedIsAlwaysSaid) {
  EXPECT_EQ(tick_unit(v1::TICK_UNIT_INSTRUCTIONS, true), "instructions (emulated)");
  EXPECT_EQ(tick_unit(v1::TICK_UNIT_CYCLES, false), "cycles");
  EXPECT_EQ(tick_unit(v1::TICK_UNIT_NANOSECONDS, false), "ns");
  EXPECT_EQ(tick_unit(v1::TICK_UNIT_TIMER_TICKS, false), "timer ticks");
  EXPECT_EQ(tick_unit(v1::TICK_UNIT_UNSPECIFIED, true), "ticks (emulated)");
}

TEST(Format, Verification) {
  v1::Verification checked;
  EXPECT_EQ(verification(checked), "-");
  checked.set_inputs_checked(8);
  checked.set_inputs_matched(8);
  checked.set_against(v1::Verification::AGAINST_EXPECTED);
  EXPECT_EQ(verification(checked), "8/8 expected");
  checked.set_inputs_matched(7);
  EXPECT_EQ(verification(checked), "NO: 7/8 expected");
}

TEST(Format, Enums) {
  EXPECT_EQ(outcome(v1::OUTCOME_USER_ERROR), "user error");
  EXPECT_EQ(outcome(v1::OUTCOME_UNSPECIFIED), "-");
  EXPECT_EQ(run_state(v1::RUN_STATE_MEASURING), "measuring");
  EXPECT_EQ(health(v1::HEALTH_QUARANTINED), "quarantined");
  EXPECT_EQ(activity(v1::ACTIVITY_IDLE), "idle");
  EXPECT_EQ(timing_source(v1::TIMING_SOURCE_INSTRUCTION_COUNT), "instruction count");
  EXPECT_EQ(measurement(static_cast<v1::Measurement>(99)), "-") << "of a newer server";
}

}  // namespace
}  // namespace tinyrig::client
