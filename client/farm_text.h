// What `tinyrig farm` prints for people. Pure functions.
#pragma once

#include <string>

#include "tinyrig/v1/discovery.pb.h"

namespace tinyrig::client {

std::string scan_text(const v1::ScanReport& report);
std::string doctor_text(const v1::DoctorReport& report);

}  // namespace tinyrig::client
