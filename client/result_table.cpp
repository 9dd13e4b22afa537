#include "client/result_table.h"

#include <algorithm>
#include <tuple>

#include "client/energy_text.h"
#include "client/format.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

std::string median(const v1::RunResult& result) {
  if (!result.has_latency()) return "-";
  std::string text = ticks(result.latency().median_ticks());
  return result.validity() == v1::VALIDITY_INVALID ? text + " INVALID" : text;
}

std::string unit(const v1::RunResult& result) {
  if (!result.has_latency()) return "-";
  std::string text = tick_unit(result.provenance().tick_unit(), result.provenance().emulated());
  if (result.latency().median_us() > 0) text += " = " + microseconds(result.latency().median_us());
  return text;
}

std::string flash(const v1::RunResult& result) {
  if (!result.has_memory()) return "-";
  // A model in RAM costs no flash.
  const bool in_flash = result.provenance().placement() == "flash_slot";
  return bytes(result.memory().agent_flash_bytes() + (in_flash ? result.memory().packed_model_bytes() : 0));
}

}  // namespace

std::string result_line(const v1::RunResult& result) {
  std::string line;
  if (result.has_latency()) {
    line = median(result) + " " + unit(result) + ", 95 % interval " +
           interval(result.latency().median_interval_ticks()) + ", " +
           samples(result.latency().count(), result.latency().sessions()) + ", ";
  }
  if (result.has_energy()) line += energy_line(result) + ", ";
  return line + "verified " + verification(result.verification());
}

std::string result_table(std::vector<v1::Run> runs) {
  std::stable_sort(runs.begin(), runs.end(), [](const v1::Run& a, const v1::Run& b) {
    return std::tie(a.summary().model_name(), a.summary().board_type(), a.summary().board_id()) <
           std::tie(b.summary().model_name(), b.summary().board_type(), b.summary().board_id());
  });
  Table table({{"MODEL"},
               {"BOARD"},
               {"RUNTIME"},
               {"MEDIAN", Table::Align::kRight},
               {"95 % INTERVAL"},
               {"UNIT"},
               {"N\u00d7SESSIONS"},
               {"ARENA", Table::Align::kRight},
               {"FLASH", Table::Align::kRight},
               {"VERIFIED"},
               {"OUTCOME"},
               {"RUN"}});
  for (const v1::Run& run : runs) {
    const v1::RunSummary& summary = run.summary();
    const v1::RunResult& result = run.result();
    std::string ended =
        summary.state() == v1::RUN_STATE_FINISHED ? outcome(summary.outcome()) : run_state(summary.state());
    if (!summary.reason().empty()) ended += " " + summary.reason();
    table.add({summary.model_name(), summary.board_id().empty() ? summary.board_type() : summary.board_id(),
               summary.runtime(), median(result),
               result.has_latency() ? interval(result.latency().median_interval_ticks()) : "-", unit(result),
               result.has_latency() ? samples(result.latency().count(), result.latency().sessions()) : "-",
               result.has_memory() ? bytes(result.memory().arena_used_bytes()) : "-", flash(result),
               verification(result.verification()), ended, summary.run_id()});
  }
  const std::string energies = energy_table(runs);
  return table.text() + (energies.empty() ? "" : "\n" + energies);
}

std::string result_notes(const v1::Job& job, const std::vector<v1::Run>& runs) {
  std::string notes;
  for (const v1::Run& run : runs) {
    const v1::RunSummary& summary = run.summary();
    if (summary.state() != v1::RUN_STATE_FINISHED || summary.outcome() == v1::OUTCOME_SUCCEEDED) continue;
    notes += printable(summary.model_name() + " on " + summary.board_type() + ": " + outcome(summary.outcome()) + ": " +
                       summary.message()) +
             "\n";
    for (const std::string& reason : run.result().invalid_reasons()) notes += "  " + printable(reason) + "\n";
  }
  for (const v1::SkippedCell& cell : job.skipped_cells()) {
    std::string text = cell.model_name() + " on " + cell.board_type() + " skipped: ";
    text += cell.message().empty() ? cell.reason() + ", " + bytes(cell.missing_bytes()) + " missing" : cell.message();
    notes += printable(text) + "\n";
  }
  return notes;
}

}  // namespace tinyrig::client
