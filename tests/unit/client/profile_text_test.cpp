// The profile as people see it: what it cost, numbers, bars, and where the arena peaks.
#include "client/profile_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyrig::client {
namespace {

using testing::HasSubstr;

v1::RunResult two_operators() {
  v1::RunResult result;
  result.mutable_provenance()->set_emulated(true);
  result.mutable_provenance()->set_tick_unit(v1::TICK_UNIT_INSTRUCTIONS);
  v1::ProfileResult& profile = *result.mutable_profile();
  profile.set_iterations(3);
  profile.set_clean_ticks(1000);
  profile.set_instrumented_ticks(1055);
  profile.set_sum_ticks(1030);
  profile.set_overhead_ratio(0.055);
  profile.set_counter_read_ticks(9);
  v1::OperatorProfile& first = *profile.add_operators();
  first.set_kind("CONV_2D");
  first.set_shape("1x8 -> 1x4");
  first.set_kernel("dsp");
  first.set_macs(200);
  first.set_ticks(800);
  first.set_share(0.8);
  first.set_weight_bytes(256);
  first.set_arena_live_bytes(48);
  v1::OperatorProfile& second = *profile.add_operators();
  second.set_index(1);
  second.set_kind("SOFTMAX");
  second.set_shape("1x4 -> 1x4");
  second.set_kernel("portable");
  second.set_ticks(200);
  second.set_share(0.2);
  second.set_arena_live_bytes(96);
  return result;
}

TEST(ProfileText, WholePage) {
  EXPECT_EQ(profile_text(two_operators()), R"(
profile in instructions (emulated), mean of 3 iterations
  clean         1,000  end to end, without instrumentation
  profiled      1,055  end to end, with it: overhead 5.5000 %
  sum           1,030  of the operators, with it: 3.0000 % beside clean
  counter read      9  once for each operator, in the numbers below

#  OPERATOR  SHAPE       TICKS   SHARE  MACS  MACS/TICK  WEIGHTS  LIVE  KERNEL
0  CONV_2D   1x8 -> 1x4    800  80.0 %   200      0.250    256 B  48 B  dsp
1  SOFTMAX   1x4 -> 1x4    200  20.0 %     0          -      0 B  96 B  portable

#  OPERATOR  TICKS                      SHARE  ARENA LIVE                BYTES
0  CONV_2D   ########################  80.0 %  ############                 48
1  SOFTMAX   ######                    20.0 %  ########################     96  <- peak
)");
}

TEST(ProfileText, WithoutACleanInferenceTheOverheadIsUnknown) {
  v1::RunResult result = two_operators();
  result.mutable_profile()->set_clean_ticks(0);
  result.mutable_profile()->set_overhead_ratio(0);
  const std::string text = profile_text(result);
  EXPECT_THAT(text, HasSubstr("unknown  end to end, without instrumentation"));
  EXPECT_THAT(text, HasSubstr("with it: overhead unknown"));
  EXPECT_THAT(text, Not(HasSubstr("beside clean")));
}

TEST(ProfileText, IsEmptyWithoutAProfile) { EXPECT_EQ(profile_text(v1::RunResult()), ""); }

}  // namespace
}  // namespace tinyrig::client
