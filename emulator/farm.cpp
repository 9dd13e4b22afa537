#include "emulator/farm.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <span>
#include <sstream>
#include <utility>

#include "emulator/host_board.h"
#include "emulator/qemu_board.h"
#include "emulator/unit_id.h"
#include "server/base/error.h"
#include "server/flash/firmware.h"
#include "server/flash/rsp_packet.h"

namespace tinyrig::emulator {
namespace {

namespace asio = boost::asio;

bool can_run(const std::string& program) {
  if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

absl::Status qemu_missing(const EmulatedType& type) {
  const std::string package = type.qemu == "qemu-system-arm" ? "qemu-system-arm" : "qemu-system-misc";
  return make_error(absl::StatusCode::kNotFound, "QEMU_MISSING",
                    "board type " + type.id + " needs " + type.qemu + ", which is not installed",
                    "install it: apt-get install " + package);
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

}  // namespace

Farm::Farm(asio::any_io_executor executor, Options options)
    : executor_(std::move(executor)), options_(std::move(options)) {}

absl::Status Farm::lock_folder(const std::filesystem::path& folder, Fd& lock) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path = (folder / ".lock").string();
  lock = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0) {
    return make_error(absl::StatusCode::kInvalidArgument, "FOLDER_UNUSABLE", "cannot write in " + folder.string(),
                      "choose a folder that you may write");
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return make_error(absl::StatusCode::kFailedPrecondition, "FOLDER_IN_USE",
                      "another tinyrig-emu uses " + folder.string(), "end it, or choose another folder");
  }
  return absl::OkStatus();
}

std::vector<std::string> Farm::host_agent_command() const {
  std::vector<std::string> command = {options_.host_agent.string()};
  command.insert(command.end(), options_.host_agent_arguments.begin(), options_.host_agent_arguments.end());
  return command;
}

absl::Status Farm::prepare() {
  if (absl::Status locked = lock_folder(options_.run_folder, run_lock_); !locked.ok()) return locked;
  if (absl::Status locked = lock_folder(options_.state_folder, state_lock_); !locked.ok()) return locked;
  auto catalog = load_catalog(options_.catalog);
  if (!catalog.ok()) return catalog.status();
  catalog_ = *std::move(catalog);
  std::map<std::string, int> made;  // of each short name
  for (const BoardCount& wanted : options_.boards) {
    const auto type = catalog_.find(wanted.type);
    if (type == catalog_.end()) {
      std::string known;
      for (const auto& [id, ignored] : catalog_) known += " " + id;
      return make_error(absl::StatusCode::kNotFound, "BOARD_TYPE_UNKNOWN", "no emulated board type " + wanted.type,
                        "there are:" + known);
    }
    for (std::size_t i = 0; i < wanted.count; ++i) {
      const std::string& name = type->second.short_name;
      const std::string prefix = type->second.is_host_process() ? "" : "emu-";
      const std::string id = prefix + name + "-" + std::to_string(++made[name]);
      if (const absl::Status board = make_board(type->second, id); !board.ok()) return board;
      if (const auto& current = type->second.current; options_.instruments && current.has_value()) {
        boards_[id]->set_instrument(std::make_shared<Ppk2Port>(executor_, instrument_port(id), *current));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Farm::make_board(const EmulatedType& type, const std::string& id) {
  auto line = std::make_shared<SerialLine>(executor_, options_.run_folder / id);
  if (type.is_host_process()) {
    if (options_.host_agent.empty() || !can_run(options_.host_agent.string())) {
      return make_error(absl::StatusCode::kNotFound, "HOST_AGENT_MISSING",
                        "boards of type host need an agent to run: \"" + options_.host_agent.string() + "\"",
                        "name it with --host-agent; ./rig build makes it");
    }
    boards_[id] = std::make_shared<HostBoard>(executor_, id, type, std::move(line), host_agent_command(),
                                              std::filesystem::absolute(options_.state_folder) / id / "slot.bin");
    return absl::OkStatus();
  }
  if (!can_run(type.qemu)) return qemu_missing(type);
  const QemuBoardPaths paths{options_.run_folder / (id + ".gdb"), options_.run_folder / ("." + id + ".qemu"),
                             options_.state_folder / id};
  auto board = std::make_shared<QemuBoard>(executor_, id, type, std::move(line), paths);
  if (!options_.firmware_folder.empty()) {
    auto firmware = flash::load_firmware(options_.firmware_folder, type.id);
    if (!firmware.ok()) return firmware.status();
    if (options_.preload) board->set_factory_image(std::move(firmware->image));
  }
  if (const absl::Status listening = board->listen(); !listening.ok()) return listening;
  boards_[id] = std::move(board);
  return absl::OkStatus();
}

asio::awaitable<absl::Status> Farm::start() {
  control_ = std::make_shared<Control>(executor_, options_.run_folder / "control.sock", boards_);
  if (absl::Status listening = control_->listen(); !listening.ok()) co_return listening;
  for (const auto& [id, board] : boards_) {
    if (absl::Status plugged = board->line().plug(); !plugged.ok()) co_return plugged;
    if (Ppk2Port* instrument = board->instrument(); instrument != nullptr) {
      if (absl::Status plugged = instrument->plug(); !plugged.ok()) co_return plugged;
    }
    auto switching = board->power_on();
    const absl::Status on = co_await std::move(switching);
    if (!on.ok()) co_return on;
  }
  if (options_.farm_file.empty()) co_return absl::OkStatus();
  co_return write_farm_file();
}

asio::awaitable<void> Farm::stop() {
  if (control_ != nullptr) control_->close();
  for (const auto& [id, board] : boards_) {
    auto switching = board->power_off();
    const absl::Status off = co_await std::move(switching);
    if (!off.ok()) spdlog::error("{}: {}", id, std::string(off.message()));
    board->line().unplug();
    if (board->instrument() != nullptr) board->instrument()->unplug();
    std::error_code ignored;
    std::filesystem::remove(options_.run_folder / ("." + id + ".qemu"), ignored);
    std::filesystem::remove(options_.run_folder / (id + ".gdb"), ignored);
  }
  boards_.clear();
  std::error_code ignored;
  std::filesystem::remove(options_.run_folder / ".lock", ignored);
}

absl::Status Farm::write_farm_file() const {
  const std::filesystem::path temporary = options_.farm_file.string() + ".new";
  std::ofstream file(temporary);
  file << "# Written by tinyrig-emu: its boards, for tinyrigd --farm.\n";
  const auto folder = std::filesystem::absolute(options_.run_folder);
  for (const auto& [id, board] : boards_) {
    file << "\n[[board]]\nid = " << quoted(id) << "\ntype = " << quoted(board->type().id)
         << "\nport = " << quoted((folder / id).string()) << "\nlabels = [";
    const char* separator = "";
    for (const std::string& label : board->type().labels) {
      file << separator << quoted(label);
      separator = ", ";
    }
    file << "]\n";
    if (!board->type().is_host_process()) {
      file << "flasher = { kind = \"gdb-remote\", endpoint = " << quoted("unix:" + (folder / (id + ".gdb")).string())
           << " }\n";
    }
    if (board->instrument() != nullptr) {
      file << "instrument = { kind = \"ppk2\", port = "
           << quoted(std::filesystem::absolute(instrument_port(id)).string()) << ", supply_mv = 3300 }\n";
    }
    file << "power = { kind = \"line-switch\", endpoint = " << quoted("unix:" + (folder / "control.sock").string())
         << ", outlet = " << quoted(id) << " }\n"
         << "unit_id = " << quoted(flash::to_hex(std::span<const std::uint8_t>(unit_id_of(id)))) << "\n";
  }
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(temporary, options_.farm_file, error);
  if (!file || error) {
    return make_error(absl::StatusCode::kInternal, "FARM_FILE_FAILED", "cannot write " + options_.farm_file.string(),
                      "check the folder and the disk");
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::emulator
