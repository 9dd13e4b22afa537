#include "client/run_text.h"

#include <algorithm>

#include "client/energy_text.h"
#include "client/format.h"
#include "client/profile_text.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

// "name       value\n", or nothing for an empty value.
std::string run_line(const std::string& name, const std::string& value) {
  if (value.empty()) return "";
  return "  " + name + std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') + printable(value) + "\n";
}

std::string heading(const v1::Run& run) {
  const v1::RunSummary& summary = run.summary();
  std::string measured;
  for (const int measurement : run.measurements()) {
    measured += (measured.empty() ? "" : ", ") + client::measurement(static_cast<v1::Measurement>(measurement));
  }
  const v1::RunSettings& settings = run.settings();
  std::string text = "run " + printable(summary.run_id()) + "\n";
  text += run_line("job", run.job_id());
  text += run_line("model", summary.model_name() + "  " + short_digest(run.model_sha256()));
  text +=
      run_line("board", (summary.board_id().empty() ? "-" : summary.board_id()) + " (" + summary.board_type() + ")");
  text += run_line("runtime", summary.runtime());
  text += run_line("state", run_state(summary.state()) + (summary.step().empty() ? "" : ", " + summary.step()));
  std::string ended = outcome(summary.outcome());
  if (!summary.reason().empty()) ended += " [" + summary.reason() + "] " + summary.message();
  text += run_line("outcome", ended);
  text += run_line("measured", measured);
  text += run_line("settings", std::to_string(settings.sessions()) + " sessions, " + std::to_string(settings.warmup()) +
                                   " warm-up, " + std::to_string(settings.iterations()) + " iterations, seed " +
                                   std::to_string(settings.input_seed()));
  if (settings.energy_windows() != 0 &&
      std::ranges::find(run.measurements(), v1::MEASUREMENT_ENERGY) != run.measurements().end()) {
    text += run_line("", std::to_string(settings.energy_windows()) + " windows of energy, of at least " +
                             grouped(settings.energy_window_ms()) + " ms");
  }
  text += run_line("submitted", time(run.create_time()));
  text += run_line("finished", time(run.finish_time()));
  for (const v1::Attempt& attempt : run.attempts()) {
    std::string what = attempt.board_id() + ", " + outcome(attempt.outcome());
    if (!attempt.reason().empty()) what += " [" + attempt.reason() + "] " + attempt.message();
    text += run_line("attempt " + std::to_string(attempt.number()), what);
  }
  return text;
}

std::string validity(const v1::RunResult& result) {
  std::string text = "\nvalidity\n";
  text += run_line("numbers", result.validity() == v1::VALIDITY_VALID ? "valid" : "NOT valid");
  for (const std::string& reason : result.invalid_reasons()) text += run_line("because", reason);
  const v1::Verification& verified = result.verification();
  text += run_line("outputs", verification(verified) + " inputs agree");
  if (verified.inputs_matched() < verified.inputs_checked() && verified.first_wrong_operator() >= 0) {
    text += run_line("first wrong", "operator " + std::to_string(verified.first_wrong_operator()));
  }
  return text;
}

std::string latency(const v1::RunResult& result) {
  if (!result.has_latency()) return "";
  const v1::LatencyResult& latency = result.latency();
  const std::string unit = tick_unit(result.provenance().tick_unit(), result.provenance().emulated());
  std::string text = "\nlatency in " + unit + "\n";
  std::string median = ticks(latency.median_ticks());
  if (latency.median_us() > 0) median += " = " + microseconds(latency.median_us());
  text += run_line("median", median);
  text += run_line("95 % interval", interval(latency.median_interval_ticks()) + " over " +
                                        std::to_string(latency.sessions()) + " sessions");
  text +=
      run_line("samples", std::to_string(latency.count()) + " (" + samples(latency.count(), latency.sessions()) + ")");
  text += run_line("min", ticks(latency.min_ticks()));
  text += run_line("p90", ticks(latency.p90_ticks()));
  text += run_line("p99", ticks(latency.p99_ticks()));
  text += run_line("max", ticks(latency.max_ticks()));
  text += run_line("MAD within", ticks(latency.mad_within_ticks()));
  std::string medians;
  for (const double value : latency.session_median_ticks()) medians += (medians.empty() ? "" : ", ") + ticks(value);
  text += run_line("by session", medians);
  return text;
}

std::string memory(const v1::RunResult& result) {
  if (!result.has_memory()) return "";
  const v1::MemoryResult& memory = result.memory();
  return "\nmemory\n" +
         run_line("arena", bytes(memory.arena_used_bytes()) + " used, " + bytes(memory.arena_planned_bytes()) +
                               " planned, at least " + bytes(memory.arena_lower_bound_bytes()) + " needed") +
         run_line("stack", bytes(memory.stack_high_water_bytes()) + " used of " + bytes(memory.stack_size_bytes())) +
         run_line("static RAM", bytes(memory.static_ram_bytes())) +
         run_line("agent", bytes(memory.agent_flash_bytes()) + " of flash") +
         run_line("packed model", bytes(memory.packed_model_bytes()) + " in " + result.provenance().placement());
}

std::string interrupts(const v1::RunProvenance& from) {
  if (!from.has_interrupts()) return "";
  const std::string ran = from.interrupts() == 0 ? "none ran" : std::to_string(from.interrupts()) + " RAN";
  return from.interrupts_masked() ? "masked while measuring, " + ran : "not masked: a process of an operating system";
}

std::string provenance(const v1::RunResult& result) {
  if (!result.has_provenance()) return "";
  const v1::RunProvenance& from = result.provenance();
  std::string text = "\nmeasured with\n";
  text += run_line("board", from.board_id() + ", " + from.board_type().id() + ", " + from.board_type().mcu() + ", " +
                                from.board_type().core() + " at " + hertz(from.board_type().clock_hz()) +
                                (from.emulated() ? ", emulated" : ""));
  text +=
      run_line("timing", timing_source(from.timing_source()) + " in " + tick_unit(from.tick_unit(), from.emulated()) +
                             (from.counts_core_cycles() ? ", the core's own counter" : "") +
                             (from.ticks_per_second() == 0 ? "" : ", " + hertz(from.ticks_per_second())));
  if (from.calibration_ratio() > 0)
    text += run_line("calibration", small_percent(from.calibration_ratio()) + " of expected");
  text += run_line("interrupts", interrupts(from));
  text += run_line("runtime", runtime(from.runtime()) + (from.runtime().model_format() == v1::MODEL_FORMAT_TFLITE
                                                             ? ", takes the .tflite"
                                                             : ", packed for " + from.runtime().core()));
  text += run_line("agent", "build " + from.agent().build_id() + ", unit " +
                                (from.agent().unit_id().empty() ? "unknown (weak identity)" : from.agent().unit_id()));
  text += run_line("model", from.model_sha256());
  const std::string format =
      from.packed_format_version() == 0 ? "" : ", format " + std::to_string(from.packed_format_version());
  text += run_line("sent", short_digest(from.packed_sha256()) + format + ", in " + from.placement());
  text += run_line("server", from.server_version());
  return text;
}

}  // namespace

std::string run_text(const v1::Run& run) {
  std::string text = heading(run);
  if (!run.has_result()) return text;
  const v1::RunResult& result = run.result();
  return text + validity(result) + latency(result) + energy_section(result) + memory(result) + profile_text(result) +
         provenance(result);
}

}  // namespace tinyrig::client
