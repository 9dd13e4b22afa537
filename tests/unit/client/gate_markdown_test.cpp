// The report as Markdown: what it shows, what names cannot do in it, and how long it gets.
#include "client/gate_markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/client/gate_report_sample.h"

namespace tinyrig::client {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(GateMarkdown, TheReport) {
  const std::string text = gate_markdown(gate_report_sample());
  EXPECT_THAT(text, StartsWith("<!-- tinyrig-gate -->\n## TinyRig gate: invalid\n"));
  EXPECT_THAT(text, HasSubstr("\n### mps2-an386 (emu-1) with tinyrig: regression\n"));
  EXPECT_THAT(text, HasSubstr("\n| latency | 1,000,000 | 1,041,000 | +41,000 (+4\\.1 %) | 2,000 | instructions "
                              "(emulated) | regression | beyond the tolerance |\n"));
  EXPECT_THAT(text, HasSubstr("| #\u200b3 CONV\\_2D | 100,000 | 139,360 | +39,360 (+39\\.4 %) | 96\\.0 % | "
                              "1x8 -&gt; 1x6, was 1x8 -&gt; 1x4 |\n"));
  EXPECT_THAT(text, HasSubstr("\nBecause: the farm has no boards\n"));
  EXPECT_THAT(text, EndsWith("\nPolicy: `sha256 c228`\n"));
}

TEST(GateMarkdown, NamesStayText) {
  EXPECT_EQ(markdown_escaped("a|b`c*d_e[f](g)~h$i\\j"), "a\\|b\\`c\\*d\\_e\\[f\\](g)\\~h\\$i\\\\j");
  EXPECT_EQ(markdown_escaped("<img src=x>&amp;"), "&lt;img src=x&gt;&amp;amp;");
  EXPECT_EQ(markdown_escaped("@team fixes #12, see https://x.y"),
            "@\u200bteam fixes #\u200b12, see https:\u200b//x\\.y");
  EXPECT_EQ(markdown_escaped("two\nlines\r"), "two?lines?");
  EXPECT_EQ(markdown_escaped("because: this"), "because: this") << "a colon before a blank is only that";
  EXPECT_EQ(markdown_escaped(""), "");
}

TEST(GateMarkdown, AHostileModelNameBreaksNoLine) {
  const std::string text = gate_markdown(gate_report_sample("x | y |\n## <script>@all"));
  EXPECT_THAT(text, Not(HasSubstr("<script>")));
  EXPECT_THAT(text, Not(HasSubstr("@all")));
  EXPECT_THAT(text, HasSubstr("\n- base: x \\| y \\|?#\u200b# &lt;script&gt;@\u200ball (077a875c0e5e), run r-1\n"));
}

TEST(GateMarkdown, OfManyOperatorsTheFirstAreShown) {
  v1::GateReport report = gate_report_sample();
  v1::GateAttribution& attribution = *report.mutable_comparisons(0)->mutable_attribution();
  for (std::uint32_t i = 0; i < 6; ++i) {
    v1::GateOperatorChange& change = *attribution.add_operators();
    change.set_kind("ADD");
    change.set_head_index(10 + i);
  }
  const std::string text = gate_markdown(report);
  EXPECT_THAT(text, HasSubstr("new #\u200b13 ADD"));
  EXPECT_THAT(text, Not(HasSubstr("new #\u200b14 ADD")));
  EXPECT_THAT(text, HasSubstr("\n2 more moved.\n"));
}

TEST(GateMarkdown, StaysWithinTheLimitAndCountsWhatItLeavesOut) {
  v1::GateReport report = gate_report_sample();
  const v1::GateComparison one = report.comparisons(0);
  report.clear_comparisons();
  constexpr int kMany = 200;
  for (int i = 0; i < kMany; ++i) *report.add_comparisons() = one;
  const std::string text = gate_markdown(report);
  EXPECT_LE(text.size(), kMarkdownLimit);
  EXPECT_GT(text.size(), kMarkdownLimit - 2000) << "as much as fits";
  int shown = 0;
  for (std::size_t at = text.find("\n### "); at != std::string::npos; at = text.find("\n### ", at + 1)) ++shown;
  EXPECT_GT(shown, 10);
  EXPECT_THAT(text, HasSubstr("\n" + std::to_string(kMany - shown) + " more comparisons are left out: too long.\n"));
  EXPECT_THAT(text, EndsWith("\nPolicy: `sha256 c228`\n"));
}

}  // namespace
}  // namespace tinyrig::client
