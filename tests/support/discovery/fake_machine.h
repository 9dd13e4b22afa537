// A machine of a test's own: sysfs, /dev and /proc in a temporary folder, laid out as the kernel does.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include "absl/strings/str_format.h"
#include "server/discovery/places.h"

namespace tinyrig::test {

class FakeMachine {
 public:
  FakeMachine() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-machine.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    root_ = pattern;
    for (const char* folder : {"sys/devices", "sys/bus/usb/devices", "sys/class/tty", "dev", "proc", "rules"}) {
      std::filesystem::create_directories(root_ / folder);
    }
  }
  ~FakeMachine() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  FakeMachine(const FakeMachine&) = delete;
  FakeMachine& operator=(const FakeMachine&) = delete;

  discovery::Places places() const { return {root_ / "sys", root_ / "dev", root_ / "proc", {root_ / "rules"}}; }
  std::filesystem::path dev(const std::string& name) const { return root_ / "dev" / name; }
  const std::filesystem::path& root() const { return root_; }

  // A USB device at hub and socket `path` with its attributes, below the hubs on its way.
  void usb(const std::string& path, const std::map<std::string, std::string>& attributes) {
    std::filesystem::create_directories(device(path));
    for (const auto& [name, text] : attributes) write(device(path) / name, text + "\n");
    std::filesystem::create_directory_symlink(device(path), root_ / "sys/bus/usb/devices" / path);
  }
  // A tty of an interface, as cdc_acm makes it; `by_usb_serial`: as the drivers of serial adapters do.
  void usb_tty(const std::string& path, int interface, const std::string& tty, const std::string& name = "",
               bool by_usb_serial = false) {
    const std::filesystem::path folder = device(path) / (path + ":1." + std::to_string(interface));
    std::filesystem::create_directories(folder);
    write(folder / "bInterfaceNumber", absl::StrFormat("%02x\n", interface));
    if (!name.empty()) write(folder / "interface", name + "\n");
    add_tty(by_usb_serial ? folder / tty : folder, tty);
  }
  // A tty that is not on USB, of a device below sys/devices.
  void other_tty(const std::string& folder, const std::string& tty) { add_tty(root_ / "sys/devices" / folder, tty); }
  // As udev does: "serial/by-id", "usb-X-if02" -> the port.
  void link(const std::string& folder, const std::string& name, const std::string& tty) {
    std::filesystem::create_directories(dev(folder));
    std::filesystem::create_symlink(dev(tty), dev(folder) / name);
  }
  void write(const std::filesystem::path& file, const std::string& text) const {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }

 private:
  // usb1/1-1/1-1.4/1-1.4.2
  std::filesystem::path device(const std::string& path) const {
    std::filesystem::path folder = root_ / "sys/devices/pci0000:00/usb1";
    for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', dot + 1)) {
      folder /= path.substr(0, dot);
    }
    return folder / path;
  }
  void add_tty(const std::filesystem::path& of, const std::string& tty) {
    const std::filesystem::path folder = of / "tty" / tty;
    std::filesystem::create_directories(folder);
    std::filesystem::create_directory_symlink(of, folder / "device");
    std::filesystem::create_directory_symlink(folder, root_ / "sys/class/tty" / tty);
    if (!std::filesystem::exists(dev(tty))) write(dev(tty), "");
  }

  std::filesystem::path root_;
};

}  // namespace tinyrig::test
