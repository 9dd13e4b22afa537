// The report as JUnit XML: which verdict is which element, and names that are no markup.
#include "client/gate_junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/client/gate_report_sample.h"

namespace tinyrig::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(GateJunit, TheWholeReport) {
  EXPECT_EQ(gate_junit(gate_report_sample()), R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tinyrig gate" tests="4" failures="1" errors="1" skipped="1">
  <testsuite name="mps2-an386 (emu-1) with tinyrig" tests="3" failures="1" errors="0" skipped="1">
    <testcase classname="mps2-an386 (emu-1) with tinyrig" name="latency"><failure message="1,000,000 -&gt; 1,041,000 instructions (emulated), +41,000 (+4.1 %): beyond the tolerance">
#3 CONV_2D +39,360 (+39.4 %), 96.0 % of the change</failure></testcase>
    <testcase classname="mps2-an386 (emu-1) with tinyrig" name="arena"/>
    <testcase classname="mps2-an386 (emu-1) with tinyrig" name="stack"><skipped message="- -&gt; - bytes, -: neither run measured it"></skipped></testcase>
  </testsuite>
  <testsuite name="mps3-an547" tests="1" failures="0" errors="1" skipped="0">
    <testcase classname="mps3-an547" name="comparison"><error message="the farm has no boards"></error></testcase>
  </testsuite>
</testsuites>
)");
}

TEST(GateJunit, NamesAreNoMarkup) {
  EXPECT_EQ(xml_escaped("<a b=\"c\" d='e'>&\x01\n"), "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;??");
  v1::GateReport report = gate_report_sample();
  report.mutable_comparisons(0)->set_board_type("\"><failure/>");
  report.mutable_comparisons(0)->mutable_attribution()->mutable_operators(0)->set_kind("]]></failure>");
  report.mutable_comparisons(1)->set_reason("</error>&");
  const std::string text = gate_junit(report);
  EXPECT_THAT(text, Not(HasSubstr("><failure/>")));
  EXPECT_THAT(text, Not(HasSubstr("]]>")));
  EXPECT_THAT(text, HasSubstr("<error message=\"&lt;/error&gt;&amp;\">"));
}

}  // namespace
}  // namespace tinyrig::client
