// What `tinyrig farm` prints for people. Pure functions.
#pragma once

#include <map>
#include <string>

#include "tinyrig/v1/discovery.pb.h"

namespace tinyrig::client {

// `type_status`: what is said of a board type beside its name, by id: "compiles".
std::string scan_text(const v1::ScanReport& report, const std::map<std::string, std::string>& type_status = {});
std::string doctor_text(const v1::DoctorReport& report);

}  // namespace tinyrig::client
