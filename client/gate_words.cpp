#include "client/gate_words.h"

#include <cmath>

#include "client/format.h"

namespace tinyrig::client {

std::string gate_change(double base, double head) {
  const double change = head - base;
  if (change == 0) return "0";
  const std::string sign = change > 0 ? "+" : "-";
  std::string text = sign + ticks(std::abs(change));
  if (base > 0) text += " (" + sign + percent(std::abs(change) / base) + ")";
  return text;
}

std::string gate_change(const v1::GateSeries& series) {
  return series.has_base() && series.has_head() ? gate_change(series.base(), series.head()) : "-";
}

std::string gate_value(bool known, double value) { return known ? ticks(value) : "-"; }

std::string gate_operator(const v1::GateOperatorChange& change) {
  const std::string base = "#" + std::to_string(change.base_index());
  const std::string head = "#" + std::to_string(change.head_index());
  if (!change.has_base_index()) return "new " + head + " " + change.kind();
  if (!change.has_head_index()) return "removed " + base + " " + change.kind();
  return (base == head ? base : base + " -> " + head) + " " + change.kind();
}

std::string gate_shape(const v1::GateOperatorChange& change) {
  if (!change.has_head_index()) return change.base_shape();
  const bool reshaped = change.has_base_index() && change.base_shape() != change.head_shape();
  return change.head_shape() + (reshaped ? ", was " + change.base_shape() : "");
}

std::string gate_share(const v1::GateOperatorChange& change) {
  return change.share() == 0 ? "-" : percent(change.share());
}

std::string gate_place(const v1::GateComparison& comparison) {
  std::string text = comparison.board_type();
  if (!comparison.head().board_id().empty()) text += " (" + comparison.head().board_id() + ")";
  return comparison.runtime().empty() ? text : text + " with " + comparison.runtime();
}

std::string gate_side(const v1::GateSide& side) {
  return side.model_name() + " (" + short_digest(side.model_sha256()) + "), run " + side.run_id();
}

}  // namespace tinyrig::client
