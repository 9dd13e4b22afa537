// The report as text, and the words that its three forms share.
#include "client/gate_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/gate_words.h"
#include "tests/unit/client/gate_report_sample.h"

namespace tinyrig::client {
namespace {

using ::testing::HasSubstr;

TEST(GateWords, Changes) {
  EXPECT_EQ(gate_change(1'000'000, 1'041'000), "+41,000 (+4.1 %)");
  EXPECT_EQ(gate_change(1'000'000, 999'999), "-1 (-0.00 %)");
  EXPECT_EQ(gate_change(7, 7), "0");
  EXPECT_EQ(gate_change(0, 12), "+12") << "no share of nothing";
  EXPECT_EQ(gate_change(v1::GateSeries()), "-");
}

TEST(GateWords, OperatorsOfOneSideAndOfBoth) {
  v1::GateOperatorChange change;
  change.set_kind("ADD");
  change.set_head_index(4);
  change.set_head_shape("h");
  EXPECT_EQ(gate_operator(change), "new #4 ADD");
  EXPECT_EQ(gate_shape(change), "h");
  change.set_base_index(3);
  change.set_base_shape("b");
  EXPECT_EQ(gate_operator(change), "#3 -> #4 ADD");
  EXPECT_EQ(gate_shape(change), "h, was b");
  change.set_base_index(4);
  EXPECT_EQ(gate_operator(change), "#4 ADD");
  change.clear_head_index();
  EXPECT_EQ(gate_operator(change), "removed #4 ADD");
  EXPECT_EQ(gate_shape(change), "b");
}

TEST(GateText, TheWholeReport) {
  EXPECT_EQ(gate_text(gate_report_sample()),
            R"(mps2-an386 (emu-1) with tinyrig: regression
base     kws (077a875c0e5e), run r-1
head     kws (077a875c0e5e), run r-2
again    measured again on emu-2

METRIC        BASE       HEAD            CHANGE  ALLOWED  UNIT                     VERDICT       WHY
latency  1,000,000  1,041,000  +41,000 (+4.1 %)    2,000  instructions (emulated)  regression    beyond the tolerance
arena        2,048      1,024  -1,024 (-50.0 %)        0  bytes                    improvement   beyond the tolerance
stack            -          -                 -        -  bytes                    inconclusive  neither run measured it

operators that moved (1), by their profiles
OPERATOR       BASE     HEAD             CHANGE   SHARE  SHAPE
#3 CONV_2D  100,000  139,360  +39,360 (+39.4 %)  96.0 %  1x8 -> 1x6, was 1x8 -> 1x4

mps3-an547: invalid
because  the farm has no boards

verdict: invalid
policy:  sha256 c228
)");
}

TEST(GateText, HostileNamesDriveNoTerminal) {
  const std::string text = gate_text(gate_report_sample("evil\x1b[2J\nverdict: pass"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("evil?[2J?verdict: pass"));
}

}  // namespace
}  // namespace tinyrig::client
