#include "client/gate_text.h"

#include <algorithm>

#include "client/format.h"
#include "client/gate_words.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

constexpr int kOperatorsInText = 10;

std::string series_table(const v1::GateComparison& comparison) {
  Table table({{"METRIC"},
               {"BASE", Table::Align::kRight},
               {"HEAD", Table::Align::kRight},
               {"CHANGE", Table::Align::kRight},
               {"ALLOWED", Table::Align::kRight},
               {"UNIT"},
               {"VERDICT"},
               {"WHY"}});
  for (const v1::GateSeries& series : comparison.series()) {
    table.add({series.metric(), gate_value(series.has_base(), series.base()),
               gate_value(series.has_head(), series.head()), gate_change(series),
               series.basis() == v1::GATE_BASIS_EXACT ? grouped(series.allowed()) : "-", series.unit(),
               gate_verdict(series.verdict()), series.reason()});
  }
  return table.text();
}

std::string operators_table(const v1::GateAttribution& attribution) {
  const int moved = attribution.operators_size();
  if (moved == 0) return "";
  Table table({{"OPERATOR"},
               {"BASE", Table::Align::kRight},
               {"HEAD", Table::Align::kRight},
               {"CHANGE", Table::Align::kRight},
               {"SHARE", Table::Align::kRight},
               {"SHAPE"}});
  for (int i = 0; i < std::min(moved, kOperatorsInText); ++i) {
    const v1::GateOperatorChange& change = attribution.operators(i);
    table.add({gate_operator(change), ticks(change.base_ticks()), ticks(change.head_ticks()),
               gate_change(change.base_ticks(), change.head_ticks()), gate_share(change), gate_shape(change)});
  }
  std::string text = "operators that moved (" + std::to_string(moved) + "), by their profiles\n" + table.text();
  if (moved > kOperatorsInText) text += "... and " + std::to_string(moved - kOperatorsInText) + " more\n";
  return text;
}

std::string comparison_text(const v1::GateComparison& comparison) {
  std::string text = printable(gate_place(comparison)) + ": " + gate_verdict(comparison.verdict()) + "\n";
  if (!comparison.reason().empty()) text += "because  " + printable(comparison.reason()) + "\n";
  if (comparison.has_base()) text += "base     " + printable(gate_side(comparison.base())) + "\n";
  if (comparison.has_head()) text += "head     " + printable(gate_side(comparison.head())) + "\n";
  if (comparison.confirmation().confirmed()) {
    text += "again    " + printable(comparison.confirmation().reason()) + "\n";
  }
  if (comparison.series_size() > 0) text += "\n" + series_table(comparison);
  const std::string operators = operators_table(comparison.attribution());
  return text + (operators.empty() ? "" : "\n" + operators) + "\n";
}

}  // namespace

std::string gate_text(const v1::GateReport& report) {
  std::string text;
  for (const v1::GateComparison& comparison : report.comparisons()) text += comparison_text(comparison);
  return text + "verdict: " + gate_verdict(report.verdict()) + "\npolicy:  sha256 " + report.policy_sha256() + "\n";
}

}  // namespace tinyrig::client
