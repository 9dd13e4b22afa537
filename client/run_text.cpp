#include "client/run_text.h"

#include "client/format.h"
#include "client/profile_text.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

// "name       value\n", or nothing for an empty value.
std::string line(const std::string& name, const std::string& value) {
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
  text += line("job", run.job_id());
  text += line("model", summary.model_name() + "  " + short_digest(run.model_sha256()));
  text += line("board", (summary.board_id().empty() ? "-" : summary.board_id()) + " (" + summary.board_type() + ")");
  text += line("runtime", summary.runtime());
  text += line("state", run_state(summary.state()) + (summary.step().empty() ? "" : ", " + summary.step()));
  std::string ended = outcome(summary.outcome());
  if (!summary.reason().empty()) ended += " [" + summary.reason() + "] " + summary.message();
  text += line("outcome", ended);
  text += line("measured", measured);
  text += line("settings", std::to_string(settings.sessions()) + " sessions, " + std::to_string(settings.warmup()) +
                               " warm-up, " + std::to_string(settings.iterations()) + " iterations, seed " +
                               std::to_string(settings.input_seed()));
  text += line("submitted", time(run.create_time()));
  text += line("finished", time(run.finish_time()));
  for (const v1::Attempt& attempt : run.attempts()) {
    std::string what = attempt.board_id() + ", " + outcome(attempt.outcome());
    if (!attempt.reason().empty()) what += " [" + attempt.reason() + "] " + attempt.message();
    text += line("attempt " + std::to_string(attempt.number()), what);
  }
  return text;
}

std::string validity(const v1::RunResult& result) {
  std::string text = "\nvalidity\n";
  text += line("numbers", result.validity() == v1::VALIDITY_VALID ? "valid" : "NOT valid");
  for (const std::string& reason : result.invalid_reasons()) text += line("because", reason);
  const v1::Verification& verified = result.verification();
  text += line("outputs", verification(verified) + " inputs agree");
  if (verified.inputs_matched() < verified.inputs_checked() && verified.first_wrong_operator() >= 0) {
    text += line("first wrong", "operator " + std::to_string(verified.first_wrong_operator()));
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
  text += line("median", median);
  text += line("95 % interval",
               interval(latency.median_interval_ticks()) + " over " + std::to_string(latency.sessions()) + " sessions");
  text += line("samples", std::to_string(latency.count()) + " (" + samples(latency.count(), latency.sessions()) + ")");
  text += line("min", ticks(latency.min_ticks()));
  text += line("p90", ticks(latency.p90_ticks()));
  text += line("p99", ticks(latency.p99_ticks()));
  text += line("max", ticks(latency.max_ticks()));
  text += line("MAD within", ticks(latency.mad_within_ticks()));
  std::string medians;
  for (const double value : latency.session_median_ticks()) medians += (medians.empty() ? "" : ", ") + ticks(value);
  text += line("by session", medians);
  return text;
}

std::string memory(const v1::RunResult& result) {
  if (!result.has_memory()) return "";
  const v1::MemoryResult& memory = result.memory();
  return "\nmemory\n" +
         line("arena", bytes(memory.arena_used_bytes()) + " used, " + bytes(memory.arena_planned_bytes()) +
                           " planned, at least " + bytes(memory.arena_lower_bound_bytes()) + " needed") +
         line("stack", bytes(memory.stack_high_water_bytes()) + " used of " + bytes(memory.stack_size_bytes())) +
         line("static RAM", bytes(memory.static_ram_bytes())) +
         line("agent", bytes(memory.agent_flash_bytes()) + " of flash") +
         line("packed model", bytes(memory.packed_model_bytes()) + " in " + result.provenance().placement());
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
  text += line("board", from.board_id() + ", " + from.board_type().id() + ", " + from.board_type().mcu() + ", " +
                            from.board_type().core() + " at " + hertz(from.board_type().clock_hz()) +
                            (from.emulated() ? ", emulated" : ""));
  text += line("timing", timing_source(from.timing_source()) + " in " + tick_unit(from.tick_unit(), from.emulated()) +
                             (from.counts_core_cycles() ? ", the core's own counter" : "") +
                             (from.ticks_per_second() == 0 ? "" : ", " + hertz(from.ticks_per_second())));
  if (from.calibration_ratio() > 0)
    text += line("calibration", small_percent(from.calibration_ratio()) + " of expected");
  text += line("interrupts", interrupts(from));
  text += line("runtime", runtime(from.runtime()) + (from.runtime().model_format() == v1::MODEL_FORMAT_TFLITE
                                                         ? ", takes the .tflite"
                                                         : ", packed for " + from.runtime().core()));
  text += line("agent", "build " + from.agent().build_id() + ", unit " +
                            (from.agent().unit_id().empty() ? "unknown (weak identity)" : from.agent().unit_id()));
  text += line("model", from.model_sha256());
  const std::string format =
      from.packed_format_version() == 0 ? "" : ", format " + std::to_string(from.packed_format_version());
  text += line("sent", short_digest(from.packed_sha256()) + format + ", in " + from.placement());
  text += line("server", from.server_version());
  return text;
}

}  // namespace

std::string run_text(const v1::Run& run) {
  std::string text = heading(run);
  if (!run.has_result()) return text;
  const v1::RunResult& result = run.result();
  return text + validity(result) + latency(result) + memory(result) + profile_text(result) + provenance(result);
}

}  // namespace tinyrig::client
