#include "server/discovery/serial_ports.h"

#include <libserialport.h>

#include <algorithm>

#include "server/base/error.h"

namespace tinyrig::discovery {

namespace fs = std::filesystem;

absl::StatusOr<std::vector<std::string>> list_serial_ports() {
  sp_port** ports = nullptr;
  if (sp_list_ports(&ports) != SP_OK) {
    return make_error(absl::StatusCode::kUnavailable, "PORT_LIST_FAILED", "the system does not list its serial ports",
                      "name the ports yourself");
  }
  std::vector<std::string> names;
  for (sp_port** port = ports; *port != nullptr; ++port) {
    names.push_back(fs::path(sp_get_port_name(*port)).filename().string());
  }
  sp_free_port_list(ports);
  return names;
}

std::string stable_path(const usb::Places& places, const fs::path& port, bool has_serial) {
  std::error_code error;
  const fs::path device = fs::canonical(port, error);
  if (error) return "";
  std::vector<fs::path> folders = {places.dev / "serial/by-path", places.dev / "tinyrig"};
  if (has_serial) folders.insert(folders.begin(), places.dev / "serial/by-id");
  for (const fs::path& folder : folders) {
    std::vector<std::string> links;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      std::error_code dangling;
      if (fs::canonical(at->path(), dangling) == device) links.push_back(at->path().string());
    }
    // Newer udevs make two of a place, of which the older one ("...-usb-0:1.2") is everywhere.
    if (!links.empty()) return *std::ranges::max_element(links);
  }
  return "";
}

}  // namespace tinyrig::discovery
