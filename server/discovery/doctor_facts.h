// Looks at this machine for the doctor, and puts the judgements together. Changes nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/boards/catalog.h"
#include "server/discovery/doctor_checks.h"
#include "server/usb/places.h"
#include "tinyrig/v1/discovery.pb.h"

namespace tinyrig::discovery {

struct DoctorOptions {
  std::filesystem::path farm_file;  // empty: what is plugged in alone
  std::filesystem::path data_folder = ".";
};

v1::DoctorReport examine(const usb::Places& places, const std::vector<boards::CatalogEntry>& catalog,
                         const v1::ScanReport& plugged, const DoctorOptions& options);

// Each of these looks at one thing.
PortFacts port_facts(const usb::Places& places, const std::string& path);
std::string installed_rules(const usb::Places& places);
ClockFacts clock_facts();
DiskFacts disk_facts(const std::filesystem::path& folder);
LimitFacts limit_facts(const usb::Places& places, std::uint64_t boards);

}  // namespace tinyrig::discovery
