// One row per operator; what belongs to the run stands in every row, so that rows of many runs can be put together.
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/export/export_profile.h"
#include "server/export/number_text.h"

namespace tinyrig::exporting {
namespace {

constexpr std::array kColumns = {"run_id",         "model",          "model_sha256",
                                 "board_type",     "board_id",       "runtime",
                                 "agent_build_id", "validity",       "emulated",
                                 "timing_source",  "tick_unit",      "ticks_per_second",
                                 "iterations",     "clean_ticks",    "instrumented_ticks",
                                 "sum_ticks",      "overhead_ratio", "index",
                                 "kind",           "shape",          "kernel",
                                 "macs",           "ticks",          "share",
                                 "macs_per_tick",  "weight_bytes",   "arena_live_bytes"};

// RFC 4180, with a guard against cells that a spreadsheet would run as a formula.
std::string cell(std::string text) {
  if (!text.empty() && absl::StrContains("=+-@\t\r", text[0])) text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string flag(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string profile_csv(const v1::Run& run) {
  const v1::RunResult& result = run.result();
  const v1::RunProvenance& from = result.provenance();
  const v1::ProfileResult& profile = result.profile();
  const bool known_overhead = profile.clean_ticks() > 0;
  const std::string of_run = absl::StrJoin(
      {cell(run.summary().run_id()), cell(run.summary().model_name()), cell(run.model_sha256()),
       cell(run.summary().board_type()), cell(run.summary().board_id()), cell(run.summary().runtime()),
       cell(from.agent().build_id()), v1::Validity_Name(result.validity()), flag(from.emulated()),
       v1::TimingSource_Name(from.timing_source()), v1::TickUnit_Name(from.tick_unit()),
       absl::StrCat(from.ticks_per_second()), absl::StrCat(profile.iterations()),
       known_overhead ? number_text(profile.clean_ticks()) : "unknown", number_text(profile.instrumented_ticks()),
       number_text(profile.sum_ticks()), known_overhead ? number_text(profile.overhead_ratio()) : "unknown"},
      ",");
  std::string text = absl::StrCat(absl::StrJoin(kColumns, ","), "\r\n");
  for (const v1::OperatorProfile& op : profile.operators()) {
    const std::string per_tick = op.ticks() > 0 ? number_text(static_cast<double>(op.macs()) / op.ticks()) : "";
    absl::StrAppend(&text, of_run, ",", op.index(), ",", cell(op.kind()), ",", cell(op.shape()), ",", cell(op.kernel()),
                    ",", op.macs(), ",", number_text(op.ticks()), ",", number_text(op.share()), ",", per_tick, ",",
                    op.weight_bytes(), ",", op.arena_live_bytes(), "\r\n");
  }
  return text;
}

}  // namespace tinyrig::exporting
