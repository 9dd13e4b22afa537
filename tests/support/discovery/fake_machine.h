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
#include "server/usb/places.h"

namespace tinyrig::test {

class FakeMachine {
 public:
  FakeMachine() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-machine.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    root_ = pattern;
    for (const char* folder :
         {"sys/devices", "sys/bus/usb/devices", "sys/class/tty", "sys/class/block", "dev", "proc/self", "rules"}) {
      std::filesystem::create_directories(root_ / folder);
    }
  }
  ~FakeMachine() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  FakeMachine(const FakeMachine&) = delete;
  FakeMachine& operator=(const FakeMachine&) = delete;

  usb::Places places() const { return {root_ / "sys", root_ / "dev", root_ / "proc", {root_ / "rules"}}; }
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
  // A disk of an interface, as usb-storage makes it; `mount`: an absolute path where it is mounted, empty: nowhere.
  void usb_drive(const std::string& path, const std::string& disk, const std::string& number,
                 const std::string& mount = "") {
    const std::filesystem::path folder = device(path) / (path + ":1.0") / "host0/target0:0:0/0:0:0:0/block" / disk;
    write(folder / "dev", number + "\n");
    std::filesystem::create_directory_symlink(folder, root_ / "sys/class/block" / disk);
    if (mount.empty()) return;
    std::ofstream(root_ / "proc/self/mountinfo", std::ios::app)
        << "36 25 " << number << " / " << mount << " rw,relatime shared:7 - vfat /dev/" << disk << " rw\n";
  }
  // The device is gone, with its ttys and drives; what was mounted of it is not.
  void unplug(const std::string& path) {
    std::filesystem::remove_all(device(path));
    std::filesystem::remove(root_ / "sys/bus/usb/devices" / path);
    for (const char* folder : {"sys/class/tty", "sys/class/block"}) {
      for (const auto& entry : std::filesystem::directory_iterator(root_ / folder)) {
        if (!std::filesystem::exists(entry.path())) std::filesystem::remove(entry.path());
      }
    }
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
  // usb1/1-1/1-1.4/1-1.4.2; buses 1 and 2 are of one controller, all others of another.
  std::filesystem::path device(const std::string& path) const {
    const std::string bus = path.substr(0, path.find('-'));
    const char* const controller = bus == "1" || bus == "2" ? "0000:00:14.0" : "0000:01:00.0";
    std::filesystem::path folder = root_ / "sys/devices/pci0000:00" / controller / ("usb" + bus);
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
