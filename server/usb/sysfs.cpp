#include "server/usb/sysfs.h"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/base/clean_text.h"

namespace tinyrig::usb {
namespace {

namespace fs = std::filesystem;

// A USB string has at most 126 characters; what is longer was not made by the kernel.
constexpr std::size_t kMaxBytes = 384;

// Of one line; empty when it cannot be read.
std::string attribute(const fs::path& device, const char* name) {
  std::ifstream file(device / name, std::ios::binary);
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return clean_text(absl::StrReplaceAll(absl::StripAsciiWhitespace(text), {{"\n", "?"}, {"\t", "?"}}), kMaxBytes);
}

template <typename Number>
std::optional<Number> hex_attribute(const fs::path& device, const char* name) {
  const std::string text = attribute(device, name);
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<std::string> id_of(const fs::path& device) {
  const auto vendor_id = hex_attribute<std::uint16_t>(device, "idVendor");
  const auto product_id = hex_attribute<std::uint16_t>(device, "idProduct");
  if (!vendor_id.has_value() || !product_id.has_value()) return std::nullopt;
  return absl::StrFormat("%04x:%04x", *vendor_id, *product_id);
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

}  // namespace

std::string UsbDevice::id() const { return absl::StrFormat("%04x:%04x", vendor_id, product_id); }

std::vector<UsbDevice> usb_devices(const Places& places) {
  constexpr std::uint8_t kHubClass = 9;
  std::vector<UsbDevice> devices;
  std::error_code error;
  for (fs::directory_iterator at(places.sysfs / "bus/usb/devices", error), end; !error && at != end;
       at.increment(error)) {
    const fs::path& folder = at->path();
    // Interfaces lie there too; only devices have these.
    const auto vendor_id = hex_attribute<std::uint16_t>(folder, "idVendor");
    const auto product_id = hex_attribute<std::uint16_t>(folder, "idProduct");
    if (!vendor_id.has_value() || !product_id.has_value()) continue;
    if (hex_attribute<std::uint8_t>(folder, "bDeviceClass") == kHubClass) continue;
    UsbDevice device;
    device.path = folder.filename().string();
    device.vendor_id = *vendor_id;
    device.product_id = *product_id;
    device.serial = attribute(folder, "serial");
    device.manufacturer = attribute(folder, "manufacturer");
    device.product = attribute(folder, "product");
    devices.push_back(std::move(device));
  }
  std::ranges::sort(devices, {}, &UsbDevice::path);
  return devices;
}

TtyDevice tty_device(const Places& places, const std::string& tty) {
  TtyDevice found;
  std::error_code error;
  const fs::path device = fs::canonical(places.sysfs / "class/tty" / tty / "device", error);
  if (error) return found;
  const fs::path devices = fs::canonical(places.sysfs / "devices", error);
  if (error) return found;
  found.device_path = device.lexically_relative(devices).string();
  // From the tty up: the interface that it is of, then the device that the interface is of.
  for (fs::path at = device; at != devices && at.has_relative_path(); at = at.parent_path()) {
    if (!found.interface_number.has_value() && is_file(at / "bInterfaceNumber")) {
      found.interface_number = hex_attribute<std::uint8_t>(at, "bInterfaceNumber");
      found.interface_name = attribute(at, "interface");
    }
    if (is_file(at / "idVendor")) {
      found.usb_path = at.filename().string();
      break;
    }
  }
  return found;
}

std::string usb_path_above(const Places& places, const fs::path& entry) {
  std::error_code error;
  const fs::path devices = fs::canonical(places.sysfs / "devices", error);
  if (error) return "";
  fs::path at = fs::canonical(entry, error);
  for (; !error && at != devices && at.has_relative_path(); at = at.parent_path()) {
    if (is_file(at / "idVendor")) return at.filename().string();
  }
  return "";
}

std::string socket_of_port(const Places& places, const fs::path& port) {
  std::error_code error;
  const fs::path device = fs::canonical(port, error);
  return error ? "" : tty_device(places, device.filename().string()).usb_path;
}

std::string id_at(const Places& places, const std::string& socket) {
  if (socket.empty()) return "";
  return id_of(places.sysfs / "bus/usb/devices" / socket).value_or("");
}

std::vector<std::string> ttys_at(const Places& places, const std::string& socket) {
  std::vector<std::string> ttys;
  std::error_code error;
  for (fs::directory_iterator at(places.sysfs / "class/tty", error), end; !error && at != end; at.increment(error)) {
    std::string tty = at->path().filename().string();
    if (!socket.empty() && tty_device(places, tty).usb_path == socket) ttys.push_back(std::move(tty));
  }
  std::ranges::sort(ttys);
  return ttys;
}

std::string controller_of(const Places& places, const std::string& socket) {
  std::error_code error;
  const fs::path devices = fs::canonical(places.sysfs / "devices", error);
  if (error || socket.empty()) return "";
  fs::path at = fs::canonical(places.sysfs / "bus/usb/devices" / socket, error);
  // Its root hub is "usb1"; a controller may have two of them, for both generations of USB.
  for (; !error && at != devices && at.has_relative_path(); at = at.parent_path()) {
    if (absl::StartsWith(at.filename().string(), "usb")) return at.parent_path().lexically_relative(devices).string();
  }
  return "";
}

}  // namespace tinyrig::usb
