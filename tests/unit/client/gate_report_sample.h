// A report with one of everything, for the forms that it is written in.
#pragma once

#include <string>

#include "tinyrig/v1/gate.pb.h"

namespace tinyrig::client {

inline v1::GateSeries& add_series(v1::GateComparison* comparison, const std::string& metric, v1::GateVerdict verdict,
                                  double base, double head) {
  v1::GateSeries& series = *comparison->add_series();
  series.set_metric(metric);
  series.set_unit(metric == "latency" ? "instructions (emulated)" : "bytes");
  series.set_verdict(verdict);
  series.set_basis(v1::GATE_BASIS_EXACT);
  series.set_reason("beyond the tolerance");
  series.set_base(base);
  series.set_head(head);
  return series;
}

inline v1::GateReport gate_report_sample(const std::string& model = "kws") {
  v1::GateReport report;
  report.set_verdict(v1::GATE_VERDICT_INVALID);
  report.set_policy_sha256("c228");
  v1::GateComparison& slower = *report.add_comparisons();
  slower.set_board_type("mps2-an386");
  slower.set_runtime("tinyrig");
  slower.set_verdict(v1::GATE_VERDICT_REGRESSION);
  slower.mutable_base()->set_model_name(model);
  slower.mutable_base()->set_model_sha256("077a875c0e5edd");
  slower.mutable_base()->set_run_id("r-1");
  *slower.mutable_head() = slower.base();
  slower.mutable_head()->set_run_id("r-2");
  slower.mutable_head()->set_board_id("emu-1");
  slower.mutable_confirmation()->set_confirmed(true);
  slower.mutable_confirmation()->set_reason("measured again on emu-2");
  add_series(&slower, "latency", v1::GATE_VERDICT_REGRESSION, 1'000'000, 1'041'000).set_allowed(2000);
  add_series(&slower, "arena", v1::GATE_VERDICT_IMPROVEMENT, 2048, 1024);
  v1::GateSeries& unmeasured = add_series(&slower, "stack", v1::GATE_VERDICT_INCONCLUSIVE, 0, 0);
  unmeasured.clear_base();
  unmeasured.clear_head();
  unmeasured.set_basis(v1::GATE_BASIS_UNDECIDED);
  unmeasured.set_reason("neither run measured it");
  v1::GateOperatorChange& change = *slower.mutable_attribution()->add_operators();
  change.set_kind("CONV_2D");
  change.set_base_index(3);
  change.set_head_index(3);
  change.set_base_shape("1x8 -> 1x4");
  change.set_head_shape("1x8 -> 1x6");
  change.set_base_ticks(100'000);
  change.set_head_ticks(139'360);
  change.set_share(0.96);
  v1::GateComparison& absent = *report.add_comparisons();
  absent.set_board_type("mps3-an547");
  absent.set_verdict(v1::GATE_VERDICT_INVALID);
  absent.set_reason("the farm has no boards");
  return report;
}

}  // namespace tinyrig::client
