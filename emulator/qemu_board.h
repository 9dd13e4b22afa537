// A board in QEMU. Flash content lives in files: written into the machine before it starts, and saved after
// flashing and at power-off. (QEMU's own image loading would write the file back at each reset, over what
// the board wrote itself.) A board with blank flash stays halted, as silent as a blank chip.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "emulator/async_mutex.h"
#include "emulator/board.h"
#include "emulator/flash_files.h"
#include "emulator/gdb_proxy.h"
#include "emulator/qmp.h"
#include "server/base/child_process.h"
#include "server/flash/flasher.h"

namespace tinyrig::emulator {

struct QemuBoardPaths {
  std::filesystem::path gdb;       // where debuggers connect
  std::filesystem::path qemu_gdb;  // QEMU's own, behind the proxy
  std::filesystem::path flash_folder;
};

class QemuBoard : public Board, public DebugTarget, public std::enable_shared_from_this<QemuBoard> {
 public:
  QemuBoard(boost::asio::any_io_executor executor, std::string id, const EmulatedType& type,
            std::shared_ptr<SerialLine> line, QemuBoardPaths paths);

  /// Starts to listen for debuggers. INTERNAL (SOCKET_FAILED).
  absl::Status listen();
  /// Firmware that a blank board comes with.
  void set_factory_image(flash::FirmwareImage image) { factory_image_ = std::move(image); }

  int pid() const override { return process_ != nullptr ? process_->pid() : 0; }
  boost::asio::awaitable<absl::Status> power_on() override;
  boost::asio::awaitable<absl::Status> power_off() override;
  boost::asio::awaitable<absl::Status> reset() override;
  void crash() override;

  // DebugTarget
  bool has_power() const override { return state_ == BoardState::kRunning || state_ == BoardState::kBlank; }
  std::string debug_socket() const override { return paths_.qemu_gdb.string(); }
  bool is_flash(std::uint64_t address) const override;
  boost::asio::awaitable<void> debugger_left(bool wrote_flash, bool asked_for_reset) override;

 private:
  boost::asio::awaitable<absl::Status> start();
  boost::asio::awaitable<absl::Status> fill_flash();
  boost::asio::awaitable<absl::Status> save_flash();
  boost::asio::awaitable<absl::Status> reset_and_run();
  boost::asio::awaitable<void> watch(std::shared_ptr<ChildProcess> process);
  void end_process();
  bool is_blank() const;

  const boost::asio::any_io_executor executor_;
  const QemuBoardPaths paths_;
  const FlashFiles flash_;
  std::optional<flash::FirmwareImage> factory_image_;
  AsyncMutex mutex_;  // power, reset and the end of debugging exclude each other
  std::shared_ptr<ChildProcess> process_;
  std::shared_ptr<Qmp> qmp_;
  std::shared_ptr<GdbProxy> gdb_proxy_;
};

}  // namespace tinyrig::emulator
