#include "server/gate/compare.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/gate/attribution.h"
#include "server/gate/comparable.h"
#include "server/gate/metrics.h"

namespace tinyrig::gate {
namespace {

void undecided(v1::GateVerdict verdict, const std::string& reason, v1::GateSeries* series) {
  series->set_verdict(verdict);
  series->set_basis(v1::GATE_BASIS_UNDECIDED);
  series->set_reason(reason);
}

// Both sides are the same image and model.
void decide_identical(const Metric& metric, const Reading& base, const Reading& head, v1::GateSeries* series) {
  if (metric.in_ticks && base.not_exact.empty() && head.not_exact.empty() && base.value != head.value) {
    return undecided(v1::GATE_VERDICT_INVALID,
                     "the same model, runtime and agent build gave other numbers: not deterministic", series);
  }
  series->set_verdict(v1::GATE_VERDICT_PASS);
  series->set_basis(v1::GATE_BASIS_IDENTITY);
  series->set_reason("the same model, runtime and agent build on both sides");
}

void decide_series(const Metric& metric, const Tolerance& tolerance, const std::optional<Reading>& base,
                   const std::optional<Reading>& head, bool identical_sides, v1::GateSeries* series) {
  if (base.has_value()) series->set_base(base->value);
  if (head.has_value()) series->set_head(head->value);
  if (!base.has_value() && !head.has_value()) {
    return undecided(v1::GATE_VERDICT_INCONCLUSIVE, "neither run measured it", series);
  }
  if (!base.has_value() || !head.has_value()) {
    return undecided(v1::GATE_VERDICT_INVALID,
                     absl::StrCat("the ", base.has_value() ? "head" : "base", " run did not measure it"), series);
  }
  if (identical_sides) return decide_identical(metric, *base, *head, series);
  for (const Reading& reading : {*base, *head}) {
    if (!reading.not_exact.empty()) return undecided(v1::GATE_VERDICT_INCONCLUSIVE, reading.not_exact, series);
  }
  const auto base_value = static_cast<std::uint64_t>(base->value);
  const auto head_value = static_cast<std::uint64_t>(head->value);
  series->set_allowed(allowed_change(base_value, head_value, tolerance));
  series->set_basis(v1::GATE_BASIS_EXACT);
  series->set_verdict(decide_exact(base_value, head_value, tolerance));
  series->set_reason(base_value == head_value                     ? "unchanged"
                     : series->verdict() == v1::GATE_VERDICT_PASS ? "within the tolerance"
                                                                  : "beyond the tolerance");
}

v1::GateSide side_of(const v1::Run& run) {
  v1::GateSide side;
  side.set_run_id(run.summary().run_id());
  side.set_job_id(run.job_id());
  side.set_model_name(run.summary().model_name());
  side.set_model_sha256(run.model_sha256());
  side.set_board_id(run.summary().board_id());
  side.set_agent_build_id(run.result().provenance().agent().build_id());
  return side;
}

std::string why_not_held(const v1::Run& base, const v1::Run& head) {
  for (const std::string& reason : {why_unusable(base, "base"), why_unusable(head, "head")}) {
    if (!reason.empty()) return reason;
  }
  return why_incomparable(base, head);
}

void make_invalid(const std::string& reason, v1::GateComparison* comparison) {
  comparison->set_verdict(v1::GATE_VERDICT_INVALID);
  comparison->set_reason(reason);
}

// What the first measurement found, beside what the second did; empty: the same.
std::string other_numbers(const v1::GateComparison& first, const v1::Run& base, const v1::Run& head) {
  for (const v1::GateSeries& series : first.series()) {
    if (series.basis() != v1::GATE_BASIS_EXACT) continue;
    for (const Metric& metric : metrics()) {
      if (!metric.in_ticks || series.metric() != metric.name) continue;
      const std::optional<Reading> again[] = {metric.read(base.result()), metric.read(head.result())};
      const double found[] = {series.base(), series.head()};
      for (std::size_t side = 0; side < 2; ++side) {
        if (again[side].has_value() && again[side]->not_exact.empty() && again[side]->value == found[side]) continue;
        return absl::StrFormat("not deterministic: %s of %s was %.0f, and %s when measured again", metric.name,
                               side == 0 ? "base" : "head", found[side],
                               again[side].has_value() ? absl::StrFormat("%.0f", again[side]->value) : "missing");
      }
    }
  }
  return "";
}

}  // namespace

v1::GateComparison compare(const v1::Run& base, const v1::Run& head, const Policy& policy) {
  v1::GateComparison comparison = invalid_comparison(base.summary().board_type(), base.summary().runtime(), "");
  *comparison.mutable_base() = side_of(base);
  *comparison.mutable_head() = side_of(head);
  if (const std::string reason = why_not_held(base, head); !reason.empty()) {
    make_invalid(reason, &comparison);
    return comparison;
  }
  const bool identical_sides = identical(base, head);
  comparison.set_verdict(v1::GATE_VERDICT_PASS);
  for (const Metric& metric : metrics()) {
    v1::GateSeries& series = *comparison.add_series();
    series.set_metric(metric.name);
    series.set_unit(unit_of(metric, head.result().provenance()));
    decide_series(metric, policy.at(metric.name), metric.read(base.result()), metric.read(head.result()),
                  identical_sides, &series);
    comparison.set_verdict(std::max(comparison.verdict(), series.verdict()));
  }
  // Of ticks of a clock it would tell of noise.
  const bool counted = head.result().provenance().timing_source() == v1::TIMING_SOURCE_INSTRUCTION_COUNT;
  if (counted && !identical_sides && base.result().has_profile() && head.result().has_profile()) {
    *comparison.mutable_attribution() = attribute(base.result().profile(), head.result().profile());
  }
  return comparison;
}

v1::GateComparison invalid_comparison(const std::string& board_type, const std::string& runtime,
                                      const std::string& reason) {
  v1::GateComparison comparison;
  comparison.set_board_type(board_type);
  comparison.set_runtime(runtime);
  make_invalid(reason, &comparison);
  return comparison;
}

v1::GateComparison without_baseline(const std::string& board_type, const std::string& runtime,
                                    const std::string& reason) {
  v1::GateComparison comparison = invalid_comparison(board_type, runtime, reason);
  comparison.set_verdict(v1::GATE_VERDICT_INCONCLUSIVE);
  return comparison;
}

bool needs_confirmation(const v1::GateComparison& comparison) {
  if (comparison.verdict() != v1::GATE_VERDICT_REGRESSION) return false;
  return std::any_of(metrics().begin(), metrics().end(), [&comparison](const Metric& metric) {
    return metric.in_ticks &&
           std::any_of(comparison.series().begin(), comparison.series().end(), [&metric](const v1::GateSeries& series) {
             return series.metric() == metric.name && series.verdict() == v1::GATE_VERDICT_REGRESSION;
           });
  });
}

void confirm(const v1::Run& base, const v1::Run& head, v1::GateComparison* comparison) {
  v1::GateConfirmation& confirmation = *comparison->mutable_confirmation();
  *confirmation.mutable_base() = side_of(base);
  *confirmation.mutable_head() = side_of(head);
  confirmation.set_other_unit(confirmation.head().board_id() != comparison->head().board_id());
  std::string reason = why_not_held(base, head);
  if (reason.empty()) reason = other_numbers(*comparison, base, head);
  if (!reason.empty()) return fail_confirmation(reason, comparison);
  confirmation.set_confirmed(true);
  confirmation.set_reason(absl::StrCat("measured again in sessions of their own on ", confirmation.head().board_id(),
                                       confirmation.other_unit() ? ", another unit" : ", the same unit",
                                       ": the same numbers"));
}

void fail_confirmation(const std::string& reason, v1::GateComparison* comparison) {
  comparison->mutable_confirmation()->set_reason(reason);
  make_invalid(absl::StrCat("the regression was not confirmed: ", reason), comparison);
}

}  // namespace tinyrig::gate
