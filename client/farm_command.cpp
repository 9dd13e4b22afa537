// tinyrig farm: what is plugged into this machine, and what is in the way. Needs no server.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "client/commands.h"
#include "client/farm_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/boards/builtin_catalog.h"
#include "server/discovery/ask_hello.h"
#include "server/discovery/doctor_facts.h"
#include "server/discovery/farm_writer.h"
#include "server/discovery/find_boards.h"
#include "server/discovery/serial_ports.h"

namespace tinyrig::client {
namespace {

ExitCode report_error(const absl::Status& status) {
  return report({kUsage, reason_of(status), std::string(status.message()), hint_of(status)});
}

absl::StatusOr<std::vector<boards::CatalogEntry>> catalog_of(const std::string& folder) {
  return folder.empty() ? boards::builtin_catalog() : boards::load_catalog(folder);
}

std::set<std::string> ids_of(const std::vector<boards::CatalogEntry>& catalog) {
  std::set<std::string> ids;
  for (const boards::CatalogEntry& entry : catalog) ids.insert(entry.type.id());
  return ids;
}

// What nobody has seen run yet.
std::map<std::string, std::string> unproven(const std::vector<boards::CatalogEntry>& catalog) {
  std::map<std::string, std::string> result;
  for (const boards::CatalogEntry& entry : catalog) {
    if (boards::is_proven(entry.status)) continue;
    result[entry.type.id()] = boards::status_name(entry.status);
  }
  return result;
}

absl::StatusOr<discovery::Found> find(const std::vector<boards::CatalogEntry>& catalog,
                                      const std::vector<std::string>& named_ports) {
  TINYRIG_ASSIGN_OR_RETURN(const discovery::UsbTable table, discovery::builtin_usb_table());
  discovery::Wanted wanted;
  absl::StatusOr<std::vector<std::string>> ttys = discovery::list_serial_ports();
  // Ports that were named need no list.
  if (!ttys.ok() && named_ports.empty()) return ttys.status();
  if (ttys.ok()) wanted.ttys = *std::move(ttys);
  wanted.named_ports = named_ports;
  wanted.board_types = ids_of(catalog);
  return discovery::find_boards({}, table, wanted);
}

// Ports of --port are what the user counts on.
bool named_ones_answered(const FarmScanOptions& options, const v1::ScanReport& report) {
  const auto is_named = [&](const v1::FoundPort& port) {
    return std::ranges::any_of(options.ports, [&](const std::string& named) {
      std::error_code error;
      return port.path() == named || std::filesystem::equivalent(port.path(), named, error);
    });
  };
  return std::ranges::all_of(report.boards(), [&](const v1::FoundBoard& board) {
    return std::ranges::all_of(board.ports(), [&](const v1::FoundPort& port) {
      return port.state() == v1::PORT_STATE_ANSWERED || !is_named(port);
    });
  });
}

}  // namespace

ExitCode farm_scan(const GlobalOptions& global, const FarmScanOptions& options) {
  const auto catalog = catalog_of(options.catalog);
  if (!catalog.ok()) return report_error(catalog.status());
  absl::StatusOr<discovery::Found> found = find(*catalog, options.ports);
  if (!found.ok()) return report_error(found.status());
  if (!options.no_hello) {
    discovery::ask_hello({}, std::chrono::milliseconds(options.wait_ms), ids_of(*catalog), &*found);
  }
  if (!print(global.json ? to_json(found->report) : scan_text(found->report, unproven(*catalog)))) return kUnavailable;
  if (!options.write_file.empty()) {
    const absl::Status written =
        discovery::write_whole_file(options.write_file, discovery::farm_text(found->report, *catalog),
                                    options.force ? discovery::Existing::kReplace : discovery::Existing::kKeep);
    if (!written.ok()) return report_error(written);
    std::fprintf(stderr, "wrote %s\n", options.write_file.c_str());
  }
  return options.no_hello || named_ones_answered(options, found->report) ? kOk : kNotSucceeded;
}

ExitCode farm_doctor(const GlobalOptions& global, const FarmDoctorOptions& options) {
  const auto catalog = catalog_of(options.catalog);
  if (!catalog.ok()) return report_error(catalog.status());
  // Only looks: what opens a port resets some boards.
  const absl::StatusOr<discovery::Found> found = find(*catalog, {});
  if (!found.ok()) return report_error(found.status());
  const v1::DoctorReport report =
      discovery::examine({}, *catalog, found->report, {options.farm_file, options.data_folder});
  if (!print(global.json ? to_json(report) : doctor_text(report))) return kUnavailable;
  const bool problem = std::ranges::any_of(
      report.findings(), [](const v1::DoctorFinding& finding) { return finding.level() == v1::FINDING_LEVEL_PROBLEM; });
  return problem ? kNotSucceeded : kOk;
}

}  // namespace tinyrig::client
