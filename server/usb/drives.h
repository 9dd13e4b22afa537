// The drive that a USB device shows (bootloaders that take firmware as files do), and where it is mounted.
//
// Thread-safe: no state.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/usb/places.h"

namespace tinyrig::usb {

struct Drive {
  std::string name;    // "sda", "sda1"
  std::string number;  // as the kernel writes it, "8:1"
};

// Disks and partitions of the device at hub and socket `socket`, by name.
std::vector<Drive> drives_at(const Places& places, const std::string& socket);

// Where any of them is mounted for this process; empty: none is.
std::filesystem::path mount_of(const Places& places, const std::vector<Drive>& drives);

}  // namespace tinyrig::usb
