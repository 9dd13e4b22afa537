#include "client/energy_text.h"

#include <algorithm>
#include <cstdio>

#include "client/format.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

std::string energy_row(const std::string& name, const std::string& value) {
  if (value.empty()) return "";
  return "  " + name + std::string(15 - name.size(), ' ') + printable(value) + "\n";
}

bool is_modelled(const v1::EnergyResult& energy) { return energy.method() != v1::ENERGY_METHOD_MEASURED; }

// A result without a window that counts has no energy, whatever its fields hold.
bool has_number(const v1::EnergyResult& energy) {
  return energy.windows_size() > 0 && energy.energy_per_inference_uj() > 0;
}

std::string per_inference(const v1::EnergyResult& energy) {
  return has_number(energy) ? microjoules(energy.energy_per_inference_uj()) : "unknown";
}

std::string uncertainty(const v1::EnergyResult& energy) {
  if (!has_number(energy) || !(energy.uncertainty_uj() > 0)) return "unknown";
  return "\u00b1 " + microjoules(energy.uncertainty_uj()) + " (" +
         percent(energy.uncertainty_uj() / energy.energy_per_inference_uj()) + ")";
}

std::string window_count(const v1::EnergyResult& energy) {
  return std::to_string(energy.windows_size()) + (energy.windows_size() == 1 ? " window" : " windows");
}

std::string lost_of(std::uint64_t lost, std::uint64_t samples) {
  if (lost == 0) return "none lost";
  return grouped(lost) + " LOST" +
         (samples == 0 ? "" : ", " + small_percent(static_cast<double>(lost) / static_cast<double>(samples)));
}

// The instrument's length without the board's: "+12.0 us".
std::string difference_us(const v1::EnergyWindow& window) {
  if (!(window.board_us() > 0)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%+.1f us", window.instrument_us() - window.board_us());
  return text;
}

std::string windows_text(const v1::EnergyResult& energy) {
  Table table({{"WINDOW", Table::Align::kRight},
               {"INFERENCES", Table::Align::kRight},
               {"BY INSTRUMENT", Table::Align::kRight},
               {"BY BOARD", Table::Align::kRight},
               {"DIFFERENCE", Table::Align::kRight},
               {"ENERGY", Table::Align::kRight},
               {"PER INFERENCE", Table::Align::kRight},
               {"MEAN CURRENT", Table::Align::kRight},
               {"LOST", Table::Align::kRight},
               {"SATURATED", Table::Align::kRight}});
  std::vector<double> each_uj;
  for (const v1::EnergyWindow& window : energy.windows()) {
    each_uj.push_back(window.inferences() == 0 ? 0 : window.energy_uj() / window.inferences());
  }
  const std::vector<std::string> each = microjoules_alike(energy.energy_per_inference_uj(), each_uj);
  for (int i = 0; i < energy.windows_size(); ++i) {
    const v1::EnergyWindow& window = energy.windows(i);
    table.add({std::to_string(i + 1), grouped(window.inferences()), microseconds(window.instrument_us()),
               window.board_us() > 0 ? microseconds(window.board_us()) : "-", difference_us(window),
               microjoules(window.energy_uj()), window.inferences() == 0 ? "-" : each[static_cast<std::size_t>(i)],
               microamperes(window.mean_current_ua()), grouped(window.lost_samples()),
               grouped(window.saturated_samples())});
  }
  return table.text();
}

}  // namespace

std::string energy_method(const v1::EnergyResult& energy) {
  const std::string what = (energy.instrument().empty() ? "an unknown instrument" : energy.instrument()) + " at " +
                           std::to_string(energy.supply_mv()) + " mV, " + grouped(energy.samples_per_second()) +
                           " samples/s";
  if (energy.method() == v1::ENERGY_METHOD_MEASURED) return "measured by " + what;
  if (energy.method() == v1::ENERGY_METHOD_MODELLED) {
    return "modelled: a simulated " + what + "; it draws what a stated model of the board says, no board drew it";
  }
  return "unknown whether measured or modelled: " + what;
}

std::string energy_line(const v1::RunResult& result) {
  if (!result.has_energy()) return "";
  return per_inference(result.energy()) + " per inference" + (is_modelled(result.energy()) ? " (modelled)" : "") +
         (result.validity() == v1::VALIDITY_INVALID ? " INVALID" : "");
}

std::string energy_section(const v1::RunResult& result) {
  if (!result.has_energy()) return "";
  const v1::EnergyResult& energy = result.energy();
  const bool known = has_number(energy);
  const bool idle_known = known && energy.idle_power_uw() != 0;
  std::string text = "\nenergy\n";
  text += energy_row("per inference", energy_line(result) + ", the median over " + window_count(energy));
  text += energy_row("95 % interval",
                     known ? interval_uj(energy.interval_uj(), energy.energy_per_inference_uj()) +
                                 (energy.interval_uj().known() ? " over the windows: how well it repeats" : "")
                           : "unknown");
  text += energy_row("uncertainty", uncertainty(energy) + (known ? ": how far the truth may be (docs/energy.md)" : ""));
  text += energy_row("average power", known ? microwatts(energy.average_power_uw()) + " in the windows" : "unknown");
  text += energy_row("idle power", idle_known ? microwatts(energy.idle_power_uw()) + " between them" : "unknown");
  text += energy_row("net energy", idle_known ? microjoules(energy.net_energy_per_inference_uj()) +
                                                    " per inference, without what an idle board takes in that time"
                                              : "unknown");
  text += energy_row("method", energy_method(energy));
  text += energy_row("instrument", energy.instrument_details());
  text += energy_row("samples", grouped(energy.samples()) + ", " + lost_of(energy.lost_samples(), energy.samples()));
  return energy.windows().empty() ? text : text + "\n" + windows_text(energy);
}

std::string energy_text(const v1::Run& run) {
  const v1::RunSummary& summary = run.summary();
  const v1::RunResult& result = run.result();
  std::string text = "energy of run " + printable(summary.run_id()) + "\n";
  text += energy_row("model", summary.model_name() + "  " + short_digest(run.model_sha256()));
  text += energy_row("board", (summary.board_id().empty() ? "-" : summary.board_id()) + " (" + summary.board_type() +
                                  (result.provenance().emulated() ? ", emulated)" : ")"));
  text += energy_row("runtime", summary.runtime());
  text += energy_row("numbers", result.validity() == v1::VALIDITY_VALID ? "valid" : "NOT valid");
  for (const std::string& reason : result.invalid_reasons()) text += energy_row("because", reason);
  return text + energy_section(result);
}

std::string energy_table(const std::vector<v1::Run>& runs) {
  Table table({{"MODEL"},
               {"BOARD"},
               {"RUNTIME"},
               {"ENERGY/INFERENCE", Table::Align::kRight},
               {"95 % INTERVAL"},
               {"UNCERTAINTY"},
               {"WINDOWS", Table::Align::kRight},
               {"METHOD"},
               {"RUN"}});
  for (const v1::Run& run : runs) {
    const v1::RunResult& result = run.result();
    if (!result.has_energy()) continue;
    const v1::EnergyResult& energy = result.energy();
    const v1::RunSummary& summary = run.summary();
    table.add({summary.model_name(), summary.board_id().empty() ? summary.board_type() : summary.board_id(),
               summary.runtime(), per_inference(energy) + (result.validity() == v1::VALIDITY_INVALID ? " INVALID" : ""),
               has_number(energy) ? interval_uj(energy.interval_uj(), energy.energy_per_inference_uj()) : "unknown",
               uncertainty(energy), std::to_string(energy.windows_size()),
               energy.method() == v1::ENERGY_METHOD_MEASURED ? "measured, " + energy.instrument() : "modelled",
               summary.run_id()});
  }
  return table.rows() == 0 ? "" : table.text();
}

EnergyMissing energy_missing(const v1::Run& run) {
  const v1::RunSummary& summary = run.summary();
  const std::string id = "run " + summary.run_id();
  const bool wanted = std::ranges::find(run.measurements(), v1::MEASUREMENT_ENERGY) != run.measurements().end();
  if (!wanted) {
    return {id + " did not measure energy",
            "submit with --measure energy on a board with an instrument: tinyrig board show BOARD says which it has"};
  }
  if (summary.state() != v1::RUN_STATE_FINISHED) {
    return {id + " is " + run_state(summary.state()) + ": it has no energy yet", "tinyrig job wait " + run.job_id()};
  }
  std::string message = id + " has no energy: it ended as " + outcome(summary.outcome());
  if (!summary.message().empty()) message += ": " + summary.message();
  return {message, "tinyrig job logs " + run.job_id() + " tells more; submit it again when the cause is gone"};
}

}  // namespace tinyrig::client
