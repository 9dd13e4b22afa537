// Where the system says what is plugged in. Tests have folders of their own instead.
#pragma once

#include <filesystem>
#include <vector>

namespace tinyrig::usb {

struct Places {
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path dev = "/dev";
  std::filesystem::path proc = "/proc";
  std::vector<std::filesystem::path> udev_rules = {"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d",
                                                   "/lib/udev/rules.d"};
};

}  // namespace tinyrig::usb
