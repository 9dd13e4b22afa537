#include "emulator/host_board.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "emulator/unit_id.h"
#include "server/base/error.h"
#include "server/flash/rsp_packet.h"

namespace tinyrig::emulator {

namespace asio = boost::asio;

HostBoard::HostBoard(asio::any_io_executor executor, std::string id, const EmulatedType& type,
                     std::shared_ptr<SerialLine> line, std::vector<std::string> command,
                     std::filesystem::path slot_file)
    : Board(std::move(id), type, std::move(line)),
      executor_(std::move(executor)),
      command_(std::move(command)),
      slot_file_(std::move(slot_file)) {}

absl::Status HostBoard::start() {
  absl::StatusOr<SocketPair> uart = make_socket_pair();
  if (!uart.ok()) return uart.status();
  ChildOptions options;
  std::error_code error;
  std::filesystem::create_directories(slot_file_.parent_path(), error);
  options.argv = command_;
  options.argv.insert(options.argv.end(),
                      {"--fd", "3", "--unit-id", flash::to_hex(std::span<const std::uint8_t>(unit_id_of(id_))),
                       "--slot-file", slot_file_.string()});
  options.inherited = {uart->theirs.get()};
  SocketPair trigger;
  if (instrument_ != nullptr) {
    absl::StatusOr<SocketPair> pair = make_socket_pair();
    if (!pair.ok()) return pair.status();
    trigger = *std::move(pair);
    options.argv.insert(options.argv.end(), {"--trigger-fd", "4"});
    options.inherited.push_back(trigger.theirs.get());
  }
  auto process = ChildProcess::start(executor_, options);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  asio::co_spawn(
      executor_, [self = shared_from_this(), child = process_] { return self->watch(child); }, asio::detached);
  line_->attach(std::move(uart->ours));
  if (instrument_ != nullptr) instrument_->attach_board(std::move(trigger.ours));
  state_ = BoardState::kRunning;
  return absl::OkStatus();
}

void HostBoard::end_process() {
  const auto process = std::exchange(process_, nullptr);
  if (process != nullptr) process->kill();
  line_->detach();
  if (instrument_ != nullptr) instrument_->detach_board();
  state_ = BoardState::kOff;
}

asio::awaitable<absl::Status> HostBoard::power_on() {
  if (state_ != BoardState::kOff) co_return absl::OkStatus();
  co_return start();
}

asio::awaitable<absl::Status> HostBoard::power_off() {
  end_process();
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> HostBoard::reset() {
  if (state_ != BoardState::kRunning) {
    co_return make_error(absl::StatusCode::kFailedPrecondition, "BOARD_OFF",
                         "board " + id_ + " has no power or crashed", "switch it on, or cycle its power");
  }
  end_process();
  co_return start();
}

void HostBoard::crash() {
  if (process_ != nullptr) process_->kill();
}

asio::awaitable<void> HostBoard::watch(std::shared_ptr<ChildProcess> process) {
  auto ending = process->wait_for_end();
  const std::string how = co_await std::move(ending);
  if (process_ != process) co_return;  // ended by us
  spdlog::error("{}: crashed, {}; off until its power is cycled. It said: {}", id_, how, process->output());
  end_process();
  state_ = BoardState::kCrashed;
}

}  // namespace tinyrig::emulator
