// A serial port by what the board says of itself on USB, whatever the kernel calls it today:
//
//   "0483:374b:0669FF303430"   vendor, product and serial
//   "1a86:7523@1-1.2"          vendor, product and the socket that it must stay in, of devices without a serial
//
// as `tinyrig farm scan` prints them. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/usb/places.h"

namespace tinyrig::boards {

struct UsbPort {
  std::string id;      // "0483:374b"
  std::string serial;  // this or the socket, the other is empty
  std::string socket;
  std::optional<std::uint32_t> interface;  // which of its ports; none: the first

  std::string text() const;  // as the farm file has it
};

// nullopt: it is neither of the two forms.
std::optional<UsbPort> parse_usb_port(const std::string& text);

// "/dev/ttyACM0". NOT_FOUND (PORT_NOT_FOUND) when it is not plugged in or has no such port, UNAVAILABLE (USB_AMBIGUOUS)
// when several devices say the same.
absl::StatusOr<std::filesystem::path> find_usb_port(const usb::Places& places, const UsbPort& port);

// Makes `link` name that port, and nothing as long as there is none. Errors: those of find_usb_port(), INTERNAL
// (PORT_LINK_FAILED).
absl::Status link_usb_port(const usb::Places& places, const UsbPort& port, const std::filesystem::path& link);

}  // namespace tinyrig::boards
