// What USB identities stand for: deploy/usb_ids.toml, which is also in the library itself.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tinyrig/v1/discovery.pb.h"

namespace tinyrig::discovery {

struct UsbEntry {
  std::string name;
  v1::UsbFace face = v1::USB_FACE_UNSPECIFIED;
  std::string family;      // empty: it has this face alone
  std::string board_type;  // empty: the identity does not tell
  std::vector<std::string> tools;
  bool serial_unique = true;
  bool ask = true;
};

// By "vendor:product", lower case.
using UsbTable = std::map<std::string, UsbEntry>;

// INVALID_ARGUMENT (USB_TABLE_INVALID) names file, line and problem.
absl::StatusOr<UsbTable> parse_usb_table(const std::string& text, const std::string& file);
absl::StatusOr<UsbTable> builtin_usb_table();

}  // namespace tinyrig::discovery
