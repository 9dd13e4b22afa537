// What sysfs says of USB devices and of the ttys that belong to them. Whatever is missing or broken there (devices go
// while we look) is left out; texts come from the devices and are cleaned.
//
// Thread-safe: no state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "server/discovery/places.h"

namespace tinyrig::discovery {

struct UsbDevice {
  std::string path;  // hub and socket, "1-1.4.2"
  std::uint16_t vendor_id = 0;
  std::uint16_t product_id = 0;
  std::string serial, manufacturer, product;  // empty: it does not say

  std::string id() const;  // "0483:374b"
};

// Without hubs; by path.
std::vector<UsbDevice> usb_devices(const Places& places);

struct TtyDevice {
  std::string usb_path;  // empty: not on USB
  std::optional<std::uint32_t> interface_number;
  std::string interface_name;
  std::string device_path;  // below sysfs' devices/, of what the tty belongs to; empty: sysfs knows no device
};

// Of "ttyACM0".
TtyDevice tty_device(const Places& places, const std::string& tty);

}  // namespace tinyrig::discovery
