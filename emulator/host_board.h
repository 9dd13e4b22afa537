// A board that is a process of this machine: the agent built for the host, with its serial line as an
// inherited descriptor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "emulator/board.h"
#include "server/base/child_process.h"

namespace tinyrig::emulator {

class HostBoard : public Board, public std::enable_shared_from_this<HostBoard> {
 public:
  /// `command`: the agent and its arguments; --fd, --unit-id, --slot-file and, with an instrument, --trigger-fd are
  /// added.
  HostBoard(boost::asio::any_io_executor executor, std::string id, const EmulatedType& type,
            std::shared_ptr<SerialLine> line, std::vector<std::string> command, std::filesystem::path slot_file);

  int pid() const override { return process_ != nullptr ? process_->pid() : 0; }
  boost::asio::awaitable<absl::Status> power_on() override;
  boost::asio::awaitable<absl::Status> power_off() override;
  boost::asio::awaitable<absl::Status> reset() override;
  void crash() override;

 private:
  absl::Status start();
  void end_process();
  boost::asio::awaitable<void> watch(std::shared_ptr<ChildProcess> process);

  const boost::asio::any_io_executor executor_;
  const std::vector<std::string> command_;
  const std::filesystem::path slot_file_;
  std::shared_ptr<ChildProcess> process_;
};

}  // namespace tinyrig::emulator
