// Runs as the server would give them, to be changed by tests.
#pragma once

#include <string>
#include <vector>

#include "tinyrig/v1/run.pb.h"

namespace tinyrig::gate {

struct Op {
  std::string kind, shape;
  double ticks = 0;
};

inline v1::ProfileResult profile_with(const std::vector<Op>& operators) {
  v1::ProfileResult profile;
  double sum = 0;
  for (const Op& op : operators) {
    v1::OperatorProfile& row = *profile.add_operators();
    row.set_index(static_cast<std::uint32_t>(profile.operators_size() - 1));
    row.set_kind(op.kind);
    row.set_shape(op.shape);
    row.set_ticks(op.ticks);
    sum += op.ticks;
  }
  profile.set_sum_ticks(sum);
  return profile;
}

/// A valid run on an emulated board: all samples are `ticks`.
inline v1::Run counted_run(const std::string& id, const std::string& model_sha256, double ticks) {
  v1::Run run;
  run.set_model_sha256(model_sha256);
  run.set_job_id("j-1");
  run.mutable_settings()->set_input_seed(1);
  v1::RunSummary& summary = *run.mutable_summary();
  summary.set_run_id(id);
  summary.set_model_name("kws-" + model_sha256);
  summary.set_board_type("mps2-an386");
  summary.set_board_id("emu-1");
  summary.set_runtime("tinyrig");
  summary.set_state(v1::RUN_STATE_FINISHED);
  summary.set_outcome(v1::OUTCOME_SUCCEEDED);
  v1::RunResult& result = *run.mutable_result();
  result.set_validity(v1::VALIDITY_VALID);
  v1::RunProvenance& from = *result.mutable_provenance();
  from.set_model_sha256(model_sha256);
  from.set_board_id("emu-1");
  from.mutable_board_type()->set_id("mps2-an386");
  from.mutable_agent()->set_build_id("feed");
  from.mutable_runtime()->set_name("tinyrig");
  from.mutable_runtime()->set_version("0.1.0");
  from.set_timing_source(v1::TIMING_SOURCE_INSTRUCTION_COUNT);
  from.set_tick_unit(v1::TICK_UNIT_INSTRUCTIONS);
  from.set_emulated(true);
  v1::LatencyResult& latency = *result.mutable_latency();
  latency.set_min_ticks(ticks);
  latency.set_median_ticks(ticks);
  latency.set_max_ticks(ticks);
  v1::MemoryResult& memory = *result.mutable_memory();
  memory.set_arena_used_bytes(24'000);
  memory.set_packed_model_bytes(60'000);
  memory.set_stack_high_water_bytes(1088);
  memory.set_static_ram_bytes(4600);
  memory.set_agent_flash_bytes(53'000);
  *result.mutable_profile() = profile_with({{"CONV_2D", "a", ticks}});
  return run;
}

}  // namespace tinyrig::gate
