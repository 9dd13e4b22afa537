#include "server/usb/drives.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "server/usb/sysfs.h"

namespace tinyrig::usb {
namespace {

namespace fs = std::filesystem;

// mountinfo writes space, tab, newline and backslash as \ooo (proc(5)).
std::string unescaped(const std::string& text) {
  const auto octal = [&text](std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '7' ? text[at] - '0' : -1;
  };
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = octal(at + 1), middle = octal(at + 2), low = octal(at + 3);
    if (text[at] == '\\' && high >= 0 && high <= 3 && middle >= 0 && low >= 0) {
      result += static_cast<char>(high << 6 | middle << 3 | low);
      at += 3;
    } else {
      result += text[at];
    }
  }
  return result;
}

}  // namespace

std::vector<Drive> drives_at(const Places& places, const std::string& socket) {
  std::vector<Drive> drives;
  std::error_code error;
  for (fs::directory_iterator at(places.sysfs / "class/block", error), end; !error && at != end; at.increment(error)) {
    if (usb_path_above(places, at->path()) != socket) continue;
    std::string number;
    if (std::ifstream(at->path() / "dev") >> number) drives.push_back({at->path().filename().string(), number});
  }
  std::ranges::sort(drives, {}, &Drive::name);
  return drives;
}

fs::path mount_of(const Places& places, const std::vector<Drive>& drives) {
  std::ifstream mounts(places.proc / "self/mountinfo");
  std::string line;
  fs::path found;
  while (std::getline(mounts, line)) {
    std::istringstream fields(line);
    std::string id, parent, number, root, point;
    if (!(fields >> id >> parent >> number >> root >> point) || root != "/") continue;  // "/": not a folder of it alone
    // Later ones are newer: a drive that was pulled out may have left its mount behind.
    if (std::ranges::find(drives, number, &Drive::number) != drives.end()) found = unescaped(point);
  }
  return found;
}

}  // namespace tinyrig::usb
