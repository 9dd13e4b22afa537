// The serial ports that this machine has now, with what USB says of them.
//
// Thread-safe: no state.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::link {

struct PortInfo {
  std::string path;         // "/dev/ttyACM0"
  std::string description;  // of the driver, for people
  bool is_usb = false;
  int vendor_id = 0;  // USB only, as all below
  int product_id = 0;
  std::string serial;
  std::string manufacturer;
  std::string product;
};

/// PTYs are not in it: the system does not list them.
absl::StatusOr<std::vector<PortInfo>> list_ports();

}  // namespace tinyrig::link
