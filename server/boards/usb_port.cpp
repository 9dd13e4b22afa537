#include "server/boards/usb_port.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/boards/usb_id.h"
#include "server/usb/sysfs.h"

namespace tinyrig::boards {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdCharacters = 9;

absl::Status not_found(const std::string& what) {
  return make_error(absl::StatusCode::kNotFound, "PORT_NOT_FOUND", what,
                    "Check its cable and its power; `tinyrig farm scan` shows what is plugged in.");
}

bool is_it(const usb::UsbDevice& device, const UsbPort& port) {
  if (device.id() != port.id) return false;
  return port.socket.empty() ? device.serial == port.serial : device.path == port.socket;
}

}  // namespace

std::string UsbPort::text() const { return id + (socket.empty() ? ":" + serial : "@" + socket); }

std::optional<UsbPort> parse_usb_port(const std::string& text) {
  UsbPort port;
  port.id = text.substr(0, kIdCharacters);
  if (!is_usb_id(port.id) || text.size() < kIdCharacters + 2) return std::nullopt;
  const char kind = text[kIdCharacters];
  (kind == '@' ? port.socket : port.serial) = text.substr(kIdCharacters + 1);
  if (kind != ':' && kind != '@') return std::nullopt;
  return port;
}

absl::StatusOr<fs::path> find_usb_port(const usb::Places& places, const UsbPort& port) {
  std::vector<usb::UsbDevice> devices = usb::usb_devices(places);
  std::erase_if(devices, [&](const usb::UsbDevice& device) { return !is_it(device, port); });
  if (devices.empty()) return not_found(absl::StrCat("no USB device ", port.text(), " is plugged in"));
  if (devices.size() > 1) {
    return make_error(absl::StatusCode::kUnavailable, "USB_AMBIGUOUS",
                      absl::StrCat("the USB devices in ", devices[0].path, " and ", devices[1].path,
                                   " both say that they are ", port.text()),
                      absl::StrCat("Tell them apart by their sockets: usb = \"", port.id, "@", devices[0].path, "\"."));
  }
  std::vector<std::pair<std::uint32_t, std::string>> ttys;
  for (const std::string& tty : usb::ttys_at(places, devices[0].path)) {
    const std::uint32_t interface = usb::tty_device(places, tty).interface_number.value_or(0);
    if (!port.interface.has_value() || *port.interface == interface) ttys.emplace_back(interface, tty);
  }
  if (ttys.empty()) {
    return not_found(absl::StrCat("the USB device ", port.text(), " has no serial port",
                                  port.interface.has_value() ? absl::StrCat(" at interface ", *port.interface) : ""));
  }
  return places.dev / std::ranges::min(ttys).second;
}

absl::Status link_usb_port(const usb::Places& places, const UsbPort& port, const fs::path& link) {
  const absl::StatusOr<fs::path> found = find_usb_port(places, port);
  std::error_code error;
  if (!found.ok()) {
    fs::remove(link, error);  // it would lead to whoever has the name next
    return found.status();
  }
  if (fs::read_symlink(link, error) == *found && !error) return absl::OkStatus();
  // Renamed into its place, so that there is never none.
  const fs::path fresh = link.string() + ".new";
  fs::create_directories(link.parent_path(), error);
  fs::remove(fresh, error);
  fs::create_symlink(*found, fresh, error);
  if (!error) fs::rename(fresh, link, error);
  if (error) {
    return make_error(
        absl::StatusCode::kInternal, "PORT_LINK_FAILED",
        absl::StrCat("making ", link.string(), ", which leads to ", found->string(), ": ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::boards
