// The serial ports that this machine has now, and the names of a port that stay.
//
// Thread-safe: no state.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/usb/places.h"

namespace tinyrig::discovery {

/// Names as in /dev, "ttyACM0", by libserialport, which leaves out what has no hardware behind it. PTYs are not in
/// it: the system does not list them. UNAVAILABLE / PORT_LIST_FAILED.
absl::StatusOr<std::vector<std::string>> list_serial_ports();

/// The link that udev made for `port`: by serial where `has_serial`, else by its place. Empty when there is none.
std::string stable_path(const usb::Places& places, const std::filesystem::path& port, bool has_serial);

}  // namespace tinyrig::discovery
