#include "client/gate_markdown.h"

#include <algorithm>
#include <vector>

#include "client/format.h"
#include "client/gate_words.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

constexpr int kOperatorsInMarkdown = 5;

std::string row(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& cell : cells) text += " " + markdown_escaped(cell) + " |";
  return text + "\n";
}

std::string series_rows(const v1::GateComparison& comparison) {
  std::string text =
      "\n| metric | base | head | change | allowed | unit | verdict | why |\n|---|--:|--:|--:|--:|---|---|---|\n";
  for (const v1::GateSeries& series : comparison.series()) {
    text += row({series.metric(), gate_value(series.has_base(), series.base()),
                 gate_value(series.has_head(), series.head()), gate_change(series),
                 series.basis() == v1::GATE_BASIS_EXACT ? grouped(series.allowed()) : "-", series.unit(),
                 gate_verdict(series.verdict()), series.reason()});
  }
  return text;
}

std::string operator_rows(const v1::GateAttribution& attribution) {
  const int moved = attribution.operators_size();
  if (moved == 0) return "";
  std::string text = "\n| operator that moved | base | head | change | share | shape |\n|---|--:|--:|--:|--:|---|\n";
  for (int i = 0; i < std::min(moved, kOperatorsInMarkdown); ++i) {
    const v1::GateOperatorChange& change = attribution.operators(i);
    text += row({gate_operator(change), ticks(change.base_ticks()), ticks(change.head_ticks()),
                 gate_change(change.base_ticks(), change.head_ticks()), gate_share(change), gate_shape(change)});
  }
  if (moved > kOperatorsInMarkdown) text += "\n" + std::to_string(moved - kOperatorsInMarkdown) + " more moved.\n";
  return text;
}

std::string comparison_markdown(const v1::GateComparison& comparison) {
  std::string text =
      "\n### " + markdown_escaped(gate_place(comparison)) + ": " + gate_verdict(comparison.verdict()) + "\n\n";
  if (!comparison.reason().empty()) text += "Because: " + markdown_escaped(comparison.reason()) + "\n\n";
  if (comparison.has_base()) text += "- base: " + markdown_escaped(gate_side(comparison.base())) + "\n";
  if (comparison.has_head()) text += "- head: " + markdown_escaped(gate_side(comparison.head())) + "\n";
  if (comparison.confirmation().confirmed()) {
    text += "- again: " + markdown_escaped(comparison.confirmation().reason()) + "\n";
  }
  if (comparison.series_size() > 0) text += series_rows(comparison);
  return text + operator_rows(comparison.attribution());
}

}  // namespace

std::string markdown_escaped(const std::string& text) {
  constexpr char kNoWidth[] = "\u200b";
  const std::string clean = printable(text);
  std::string escaped;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const char c = clean[i];
    const bool before_word = i + 1 < clean.size() && clean[i + 1] != ' ';
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else if (std::string("@#:").find(c) != std::string::npos && before_word) {
      // "@name" would notify somebody, "#3" point to an issue, "https:" become a link: a backslash does not help.
      escaped += c + std::string(kNoWidth);
    } else {
      if (std::string("\\`*_[]|~$.").find(c) != std::string::npos) escaped += '\\';
      escaped += c;
    }
  }
  return escaped;
}

std::string gate_markdown(const v1::GateReport& report) {
  std::string text = std::string(kMarkdownMarker) + "\n## TinyRig gate: " + gate_verdict(report.verdict()) + "\n";
  const std::string end = "\nPolicy: `sha256 " + report.policy_sha256() + "`\n";
  constexpr std::size_t kRoomForNote = 100;
  int left_out = 0;
  for (const v1::GateComparison& comparison : report.comparisons()) {
    const std::string part = comparison_markdown(comparison);
    if (left_out > 0 || text.size() + part.size() + end.size() + kRoomForNote > kMarkdownLimit) {
      ++left_out;
    } else {
      text += part;
    }
  }
  if (left_out > 0) text += "\n" + std::to_string(left_out) + " more comparisons are left out: too long.\n";
  return text + end;
}

}  // namespace tinyrig::client
