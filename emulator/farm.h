// All boards of one run of tinyrig-emu: makes them, switches them on, writes the farm file, and takes
// everything down again. Owns the run folder: one emulator per folder.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "emulator/catalog.h"
#include "emulator/control.h"
#include "emulator/options.h"
#include "server/base/child_process.h"

namespace tinyrig::emulator {

class Farm {
 public:
  Farm(boost::asio::any_io_executor executor, Options options);

  /// Everything that can be known to be wrong before a board starts: folders, catalog, programs, firmware.
  absl::Status prepare();
  /// Sockets and ports, then power, then the farm file.
  boost::asio::awaitable<absl::Status> start();
  /// Power off, flash saved, no path left behind.
  boost::asio::awaitable<void> stop();

  const Boards& boards() const { return boards_; }

 private:
  absl::Status lock_folder(const std::filesystem::path& folder, Fd& lock);
  absl::Status make_board(const EmulatedType& type, const std::string& id);
  std::filesystem::path instrument_port(const std::string& id) const { return options_.run_folder / (id + ".ppk2"); }
  absl::Status write_farm_file() const;
  std::vector<std::string> host_agent_command() const;

  const boost::asio::any_io_executor executor_;
  const Options options_;
  Fd run_lock_, state_lock_;
  std::map<std::string, EmulatedType> catalog_;
  Boards boards_;
  std::shared_ptr<Control> control_;
};

}  // namespace tinyrig::emulator
