#include "server/discovery/find_boards.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/clean_text.h"
#include "server/discovery/serial_ports.h"
#include "server/usb/sysfs.h"

namespace tinyrig::discovery {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxPathBytes = 512;

class Finder {
 public:
  Finder(const usb::Places& places, const UsbTable& table, const Wanted& wanted)
      : places_(places), table_(table), wanted_(wanted) {}

  Found find() {
    find_usb();
    for (const std::string& tty : wanted_.ttys) add_tty(tty);
    drop_unknown_without_ports();
    for (const std::string& path : wanted_.named_ports) add_named(path);
    for (int board = 0; board < found_.report.boards_size(); ++board) finish(board);
    return std::move(found_);
  }

 private:
  const UsbEntry* entry_of(const std::string& usb_id) const {
    const auto at = table_.find(usb_id);
    return at == table_.end() ? nullptr : &at->second;
  }

  void find_usb() {
    const std::vector<usb::UsbDevice> devices = usb::usb_devices(places_);
    std::map<std::string, int> same;  // how many say that they are this one
    for (const usb::UsbDevice& device : devices) ++same[absl::StrCat(device.id(), ":", device.serial)];
    for (const usb::UsbDevice& device : devices) {
      const UsbEntry* entry = entry_of(device.id());
      const std::string own_identity = absl::StrCat(device.id(), ":", device.serial);
      v1::FoundBoard& board = *found_.report.add_boards();
      board.set_identity_is_place(device.serial.empty() || same[own_identity] > 1 ||
                                  (entry != nullptr && !entry->serial_unique));
      board.set_identity(board.identity_is_place() ? absl::StrCat("usb:", device.id(), "@", device.path)
                                                   : absl::StrCat("usb:", own_identity));
      board.set_usb_id(device.id());
      board.set_usb_path(device.path);
      board.set_manufacturer(device.manufacturer);
      board.set_product(device.product);
      board.set_serial(device.serial);
      board.set_name(device.product.empty() ? absl::StrCat("USB device ", device.id()) : device.product);
      if (entry != nullptr) describe(*entry, &board);
    }
  }

  void describe(const UsbEntry& entry, v1::FoundBoard* board) const {
    board->set_name(entry.name);
    board->set_face(entry.face);
    if (wanted_.board_types.contains(entry.board_type)) board->set_board_type(entry.board_type);
    for (const std::string& tool : entry.tools) board->add_flash_tools(tool);
    if (entry.family.empty()) return;
    for (const auto& [id, other] : table_) {
      if (other.family == entry.family && id != board->usb_id()) board->add_other_faces(id);
    }
  }

  void add_tty(const std::string& tty) {
    const usb::TtyDevice device = usb::tty_device(places_, tty);
    auto& boards = *found_.report.mutable_boards();
    auto at = boards.end();
    if (!device.usb_path.empty()) at = std::ranges::find(boards, device.usb_path, &v1::FoundBoard::usb_path);
    v1::FoundBoard* board = at == boards.end() ? nullptr : &*at;
    if (board == nullptr) {
      board = boards.Add();
      board->set_identity_is_place(true);
      board->set_identity(
          absl::StrCat("path:", clean_text(device.device_path.empty() ? tty : device.device_path, kMaxPathBytes)));
      board->set_name("serial port of the machine");
    }
    v1::FoundPort& port = *board->add_ports();
    port.set_path((places_.dev / tty).string());
    port.set_state(v1::PORT_STATE_NOT_ASKED);
    if (device.interface_number.has_value()) port.set_interface_number(*device.interface_number);
    port.set_interface_name(device.interface_name);
    port.set_stable_path(stable_path(places_, port.path(), !board->identity_is_place()));
  }

  // Keyboards, sticks, cameras.
  void drop_unknown_without_ports() {
    auto& boards = *found_.report.mutable_boards();
    const auto is_other = [this](const v1::FoundBoard& board) {
      return board.ports().empty() && entry_of(board.usb_id()) == nullptr;
    };
    boards.erase(std::remove_if(boards.begin(), boards.end(), is_other), boards.end());
  }

  void add_named(const std::string& path) {
    std::error_code error;
    const fs::path device = fs::weakly_canonical(path, error);
    for (const v1::FoundBoard& board : found_.report.boards()) {
      for (const v1::FoundPort& port : board.ports()) {
        std::error_code gone;
        if (port.path() == path || (!error && fs::canonical(port.path(), gone) == device)) {
          named_.insert(port.path());
          return;
        }
      }
    }
    v1::FoundBoard& board = *found_.report.add_boards();
    board.set_identity_is_place(true);
    board.set_identity(absl::StrCat("port:", clean_text(path, kMaxPathBytes)));
    board.set_name("named port");
    v1::FoundPort& port = *board.add_ports();
    port.set_path(clean_text(path, kMaxPathBytes));
    port.set_stable_path(clean_text(fs::absolute(path).string(), kMaxPathBytes));  // the name that its owner gave it
    port.set_state(v1::PORT_STATE_NOT_ASKED);
    named_.insert(port.path());
  }

  void finish(int index) {
    v1::FoundBoard& board = *found_.report.mutable_boards(index);
    std::ranges::sort(*board.mutable_ports(), [](const v1::FoundPort& a, const v1::FoundPort& b) {
      return std::pair(a.interface_number(), a.path()) < std::pair(b.interface_number(), b.path());
    });
    const UsbEntry* entry = entry_of(board.usb_id());
    for (int i = 0; i < board.ports_size(); ++i) {
      v1::FoundPort& port = *board.mutable_ports(i);
      if (named_.contains(port.path())) {
        found_.may_ask.push_back({index, i});
      } else if (board.usb_id().empty()) {
        port.set_detail("not on USB, may be the machine's console");
      } else if (entry != nullptr && !entry->ask) {
        port.set_detail("what it hears may be a command to it");
      } else {
        found_.may_ask.push_back({index, i});
      }
    }
  }

  const usb::Places& places_;
  const UsbTable& table_;
  const Wanted& wanted_;
  std::set<std::string> named_;
  Found found_;
};

}  // namespace

Found find_boards(const usb::Places& places, const UsbTable& table, const Wanted& wanted) {
  Finder finder(places, table, wanted);
  return finder.find();
}

}  // namespace tinyrig::discovery
