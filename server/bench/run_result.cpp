#include "server/bench/run_result.h"

#include <numeric>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/bench/energy_result.h"
#include "server/boards/agent_identity.h"
#include "server/stats/stats.h"

namespace tinyrig::bench {
namespace {

// The counter must agree with a loop of known length this well, or no number of the board is trusted.
constexpr double kCalibrationTolerance = 0.001;

v1::RunProvenance provenance_of(const RunRecording& recording, const boards::CatalogEntry& board_type,
                                const RuntimeModel& model, const TickScale& scale) {
  v1::RunProvenance provenance;
  provenance.set_model_sha256(model.packed->sha256);
  provenance.set_packed_sha256(model::sha256_hex(model.bytes()));
  provenance.set_packed_format_version(model.tflite == nullptr ? packed::kVersion : 0);
  *provenance.mutable_board_type() = board_type.type;
  *provenance.mutable_agent() = boards::identity_of(recording.hello);
  *provenance.mutable_runtime() = model.runtime;
  provenance.set_placement(recording.placement);
  provenance.set_timing_source(board_type.type.timing_source());
  provenance.set_tick_unit(board_type.type.tick_unit());
  provenance.set_ticks_per_second(scale.units_per_second());
  provenance.set_calibration_ratio(recording.calibration_ratio);
  provenance.set_emulated(board_type.type.emulated());
  provenance.set_interrupts_masked((recording.hello.capabilities() & agent::v1::CAPABILITY_MASKS_INTERRUPTS) != 0);
  std::uint32_t interrupts = recording.profile_interrupts;
  for (const Session& session : recording.sessions) interrupts += session.interrupts;
  for (const agent::v1::EnergyDone& window : recording.energy.windows) interrupts += window.interrupts();
  provenance.set_interrupts(interrupts);
  provenance.set_counts_core_cycles(recording.hello.counts_core_cycles());
  return provenance;
}

v1::ProfileResult profile_of(const RunRecording& recording, const RuntimeModel& model, const TickScale& scale,
                             double clean_ticks) {
  v1::ProfileResult profile;
  profile.set_iterations(static_cast<std::uint32_t>(recording.profile.size()));
  // Sums stay whole numbers until they are divided: a mean of equal counts is that count.
  const std::vector<model::OperatorInfo>& operators = model.packed->operators;
  std::vector<std::uint64_t> sums(operators.size(), 0);
  std::uint64_t total_sum = 0;
  for (const link::ProfileIteration& inference : recording.profile) {
    total_sum += scale.to_unit(inference.total_ticks);
    for (std::size_t i = 0; i < sums.size() && i < inference.operator_ticks.size(); ++i) {
      sums[i] += scale.to_unit(inference.operator_ticks[i]);
    }
  }
  const auto mean = [&recording](std::uint64_t value) {
    return static_cast<double>(value) / static_cast<double>(recording.profile.size());
  };
  std::vector<double> ticks;
  for (const std::uint64_t value : sums) ticks.push_back(mean(value));
  const double total = mean(total_sum);
  const double sum = mean(std::accumulate(sums.begin(), sums.end(), std::uint64_t{0}));
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const model::OperatorInfo& info = operators[i];
    v1::OperatorProfile& row = *profile.add_operators();
    row.set_index(info.index);
    row.set_kind(info.kind);
    row.set_shape(info.shape);
    row.set_macs(info.macs);
    row.set_ticks(ticks[i]);
    row.set_share(sum > 0 ? ticks[i] / sum : 0);
    row.set_weight_bytes(info.weight_bytes);
    // Which kernels another runtime chose, and what it kept live, it alone knows.
    row.set_kernel(model.tflite == nullptr ? info.kernel : model.runtime.name());
    if (model.tflite == nullptr) row.set_arena_live_bytes(info.arena_live_bytes);
  }
  profile.set_sum_ticks(sum);
  profile.set_instrumented_ticks(total);
  profile.set_clean_ticks(clean_ticks);
  profile.set_counter_read_ticks(static_cast<double>(scale.to_unit(recording.counter_read_ticks)));
  if (clean_ticks > 0) profile.set_overhead_ratio((total - clean_ticks) / clean_ticks);
  return profile;
}

v1::MemoryResult memory_of(const RunRecording& recording, const RuntimeModel& model) {
  v1::MemoryResult memory;
  memory.set_arena_planned_bytes(model.arena_bytes().value_or(recording.memory.arena_bytes()));
  memory.set_arena_used_bytes(recording.memory.arena_used_bytes());
  memory.set_arena_lower_bound_bytes(model.packed->arena_lower_bound_bytes);
  memory.set_stack_high_water_bytes(recording.memory.stack_high_water_bytes());
  memory.set_stack_size_bytes(recording.memory.stack_bytes());
  memory.set_static_ram_bytes(recording.memory.static_ram_bytes());
  memory.set_agent_flash_bytes(recording.memory.agent_flash_bytes());
  memory.set_packed_model_bytes(model.bytes().size());
  return memory;
}

// Each broken rule in words.
std::vector<std::string> broken_rules(const RunRecording& recording, const boards::CatalogEntry& board_type) {
  std::vector<std::string> reasons;
  const v1::Verification& check = recording.verification;
  if (check.inputs_matched() != check.inputs_checked()) {
    std::string reason =
        absl::StrCat("outputs differ from the expected ones for ", check.inputs_checked() - check.inputs_matched(),
                     " of ", check.inputs_checked(), " inputs");
    if (check.first_wrong_operator() >= 0) {
      absl::StrAppend(&reason, "; the first wrong operator is #", check.first_wrong_operator());
    }
    reasons.push_back(std::move(reason));
  }
  for (std::size_t i = 0; i < recording.sessions.size(); ++i) {
    const Session& session = recording.sessions[i];
    if (session.interrupts != 0) {
      reasons.push_back(absl::StrCat(session.interrupts, " interrupts ran in the measuring window of session ", i + 1));
    }
    if (session.output_fnv1a32 != recording.sessions.front().output_fnv1a32) {
      reasons.push_back(absl::StrCat("session ", i + 1, " computed other outputs than session 1"));
    }
  }
  if (recording.profile_interrupts != 0) {
    reasons.push_back(absl::StrCat(recording.profile_interrupts, " interrupts ran while operators were profiled"));
  }
  if ((recording.hello.capabilities() & agent::v1::CAPABILITY_PACED_INFERENCE) != 0) {
    reasons.emplace_back(kPacedReason);
  }
  if (board_type.type.timing_source() == v1::TIMING_SOURCE_HARDWARE_CLOCK) {
    const bool promised = board_type.type.tick_unit() == v1::TICK_UNIT_CYCLES;
    if (promised && !recording.hello.counts_core_cycles()) {
      reasons.emplace_back("the board type counts cycles, and the agent found no cycle counter in the core");
    } else if (!promised && recording.hello.counts_core_cycles()) {
      reasons.emplace_back("the agent counts the core's cycles, and the board type says that a timer is read");
    } else if (const std::uint64_t hz = board_type.type.clock_hz();
               promised && hz != 0 && recording.hello.ticks_per_second() != hz) {
      reasons.push_back(absl::StrCat("the core runs at ", recording.hello.ticks_per_second(),
                                     " Hz, and its board type at ", hz, ": the board's clocks did not come up; flash ",
                                     "tinyrig-bringup and type i, clock= says what failed (docs/porting.md)"));
    }
  }
  const bool counts_instructions = board_type.type.timing_source() == v1::TIMING_SOURCE_INSTRUCTION_COUNT;
  const double off = recording.calibration_ratio - 1.0;
  if (counts_instructions && (off > kCalibrationTolerance || off < -kCalibrationTolerance)) {
    reasons.push_back(absl::StrFormat("the counter gave %.4f times the instructions of a loop of known length",
                                      recording.calibration_ratio));
  }
  return reasons;
}

}  // namespace

TickScale::TickScale(const boards::CatalogEntry& board_type, std::uint64_t ticks_per_second)
    : instruction_ns_(board_type.instruction_ns), ticks_per_second_(ticks_per_second) {}

std::uint64_t TickScale::to_unit(std::uint64_t counter_ticks) const {
  if (instruction_ns_ == 0) return counter_ticks;
  return stats::instructions_from_ticks(counter_ticks, ticks_per_second_, instruction_ns_);
}

std::vector<v1::SessionSamples> samples_of(const RunRecording& recording, const TickScale& scale) {
  std::vector<v1::SessionSamples> result;
  for (std::size_t i = 0; i < recording.sessions.size(); ++i) {
    v1::SessionSamples samples;
    samples.set_session(static_cast<std::uint32_t>(i + 1));
    for (const std::uint64_t ticks : recording.sessions[i].latency_ticks) {
      samples.add_latency_ticks(scale.to_unit(ticks));
    }
    result.push_back(std::move(samples));
  }
  return result;
}

v1::RunResult make_result(const RunRecording& recording, const boards::CatalogEntry& board_type,
                          const RuntimeModel& model, const std::set<v1::Measurement>& measurements,
                          const v1::RunSettings& settings, const std::string& board_id,
                          const std::string& server_version) {
  const TickScale scale(board_type, recording.hello.ticks_per_second());
  v1::RunResult result;
  *result.mutable_provenance() = provenance_of(recording, board_type, model, scale);
  result.mutable_provenance()->set_board_id(board_id);
  result.mutable_provenance()->set_server_version(server_version);
  double clean_ticks = 0;
  if (!recording.profile_clean_ticks.empty()) {
    std::vector<double> clean;
    for (const std::uint64_t ticks : recording.profile_clean_ticks) {
      clean.push_back(static_cast<double>(scale.to_unit(ticks)));
    }
    clean_ticks = stats::median(std::move(clean));
  }
  if (measurements.contains(v1::MEASUREMENT_LATENCY)) {
    *result.mutable_latency() = stats::summarize_latency(samples_of(recording, scale), scale.units_per_second());
    clean_ticks = result.latency().median_ticks();
  }
  if (measurements.contains(v1::MEASUREMENT_PROFILE) && !recording.profile.empty()) {
    *result.mutable_profile() = profile_of(recording, model, scale, clean_ticks);
  }
  if (measurements.contains(v1::MEASUREMENT_MEMORY)) *result.mutable_memory() = memory_of(recording, model);
  *result.mutable_verification() = recording.verification;
  if (measurements.contains(v1::MEASUREMENT_ENERGY)) {
    EnergyStatement energy = energy_of(recording, board_type, settings);
    *result.mutable_energy() = std::move(energy.result);
    for (std::string& reason : energy.broken_rules) result.add_invalid_reasons(std::move(reason));
  }
  for (std::string& reason : broken_rules(recording, board_type)) result.add_invalid_reasons(std::move(reason));
  result.set_validity(result.invalid_reasons().empty() ? v1::VALIDITY_VALID : v1::VALIDITY_INVALID);
  return result;
}

}  // namespace tinyrig::bench
