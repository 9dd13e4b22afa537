// What sysfs says of USB devices, of the ttys that belong to them, and of the sockets that they are plugged into.
// Whatever is missing or broken there (devices go while we look) is left out; texts come from the devices and are
// cleaned.
//
// Thread-safe: no state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "server/usb/places.h"

namespace tinyrig::usb {

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

// A socket is the place of a device, its `path`. Empty where there is none.

// The USB device that `entry`, a file or link of sysfs, belongs to.
std::string usb_path_above(const Places& places, const std::filesystem::path& entry);
// Where the device is whose serial port `port` names, by whatever links.
std::string socket_of_port(const Places& places, const std::filesystem::path& port);
// What is there: "2e8a:0003".
std::string id_at(const Places& places, const std::string& socket);
// The ttys of what is there, "ttyACM0", by name.
std::vector<std::string> ttys_at(const Places& places, const std::string& socket);
// The USB controller that serves the socket, by its place: "pci0000:00/0000:00:14.0". All hubs below it share its
// bandwidth.
std::string controller_of(const Places& places, const std::string& socket);

}  // namespace tinyrig::usb
