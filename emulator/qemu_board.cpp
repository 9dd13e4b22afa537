#include "emulator/qemu_board.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <span>
#include <utility>

#include "emulator/unit_id.h"
#include "server/base/error.h"
#include "server/flash/endpoint.h"
#include "server/flash/rsp_client.h"

namespace tinyrig::emulator {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds kFillPatience{30};

// In QEMU's option syntax a comma ends a value, and two are one.
std::string option_value(const std::string& text) {
  std::string value;
  for (const char c : text) value += c == ',' ? ",," : std::string(1, c);
  return value;
}

std::vector<std::string> command_line(const EmulatedType& type, const QemuBoardPaths& paths, bool has_trigger_line) {
  std::vector<std::string> argv = {type.qemu, "-M", type.machine};
  argv.insert(argv.end(), type.arguments.begin(), type.arguments.end());
  const std::string gdb = "socket,id=gdb,server=on,wait=off,path=" + option_value(paths.qemu_gdb.string());
  // Semihosting stays off: it would open the host's files to any firmware.
  for (const char* argument :
       {"-display",    "none",
        "-nodefaults", "-no-user-config",
        "-monitor",    "none",
        "-icount",     "shift=7",
        "-S",  //
        "-chardev",    "socket,id=uart,fd=3",
        "-serial",     "chardev:uart",  //
        "-chardev",    "socket,id=qmp,fd=4",
        "-mon",        "chardev=qmp,mode=control",  //
        "-chardev",    gdb.c_str(),
        "-gdb",        "chardev:gdb",  //
        "-sandbox",    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"}) {
    argv.emplace_back(argument);
  }
  if (has_trigger_line) {
    for (const char* argument : {"-chardev", "socket,id=trigger,fd=5", "-serial", "chardev:trigger"}) {
      argv.emplace_back(argument);
    }
  }
  return argv;
}

// Writes what is not zero: memory of a fresh machine is.
asio::awaitable<absl::Status> write_content(flash::RspClient& client, std::uint32_t address,
                                            std::span<const std::uint8_t> bytes) {
  for (std::size_t offset = 0; offset < bytes.size();) {
    const auto chunk = bytes.subspan(offset, std::min(client.largest_transfer(), bytes.size() - offset));
    if (std::any_of(chunk.begin(), chunk.end(), [](std::uint8_t byte) { return byte != 0; })) {
      auto writing = client.write_memory(address + static_cast<std::uint32_t>(offset), chunk);
      const absl::Status written = co_await std::move(writing);
      if (!written.ok()) co_return written;
    }
    offset += chunk.size();
  }
  co_return absl::OkStatus();
}

absl::Status no_power(const std::string& id) {
  return make_error(absl::StatusCode::kFailedPrecondition, "BOARD_OFF", "board " + id + " has no power or crashed",
                    "switch it on, or cycle its power");
}

}  // namespace

QemuBoard::QemuBoard(asio::any_io_executor executor, std::string id, const EmulatedType& type,
                     std::shared_ptr<SerialLine> line, QemuBoardPaths paths)
    : Board(std::move(id), type, std::move(line)),
      executor_(executor),
      paths_(std::move(paths)),
      flash_(paths_.flash_folder, type_.flash),
      mutex_(executor) {}

absl::Status QemuBoard::listen() {
  gdb_proxy_ = std::make_shared<GdbProxy>(executor_, paths_.gdb, weak_from_this());
  return gdb_proxy_->listen();
}

bool QemuBoard::is_blank() const {
  const std::uint32_t first_word = flash_.word_at(type_.image_address);
  return first_word == 0 || first_word == 0xFFFF'FFFF;
}

asio::awaitable<absl::Status> QemuBoard::power_on() {
  auto locking = mutex_.lock();
  const AsyncMutex::Lock lock = co_await std::move(locking);
  if (state_ != BoardState::kOff) co_return absl::OkStatus();
  auto starting = start();
  const absl::Status started = co_await std::move(starting);
  if (!started.ok()) {
    if (process_ != nullptr) spdlog::error("{}: QEMU said: {}", id_, process_->output());
    end_process();
    co_return started;
  }
  spdlog::info("{}: power on, {}", id_, name_of(state_));
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> QemuBoard::start() {
  absl::StatusOr<SocketPair> uart = make_socket_pair(), control = make_socket_pair();
  if (!uart.ok()) co_return uart.status();
  if (!control.ok()) co_return control.status();
  ChildOptions options;
  options.argv = command_line(type_, paths_, instrument_ != nullptr);
  options.inherited = {uart->theirs.get(), control->theirs.get()};
  SocketPair trigger;
  if (instrument_ != nullptr) {
    absl::StatusOr<SocketPair> pair = make_socket_pair();
    if (!pair.ok()) co_return pair.status();
    trigger = *std::move(pair);
    options.inherited.push_back(trigger.theirs.get());
  }
  auto process = ChildProcess::start(executor_, options);
  if (!process.ok()) co_return process.status();
  process_ = *std::move(process);
  asio::co_spawn(
      executor_, [self = shared_from_this(), child = process_] { return self->watch(child); }, asio::detached);
  uart->theirs.reset();
  control->theirs.reset();
  trigger.theirs.reset();
  line_->attach(std::move(uart->ours));
  if (instrument_ != nullptr) instrument_->attach_board(std::move(trigger.ours));
  const auto qmp = std::make_shared<Qmp>(executor_, std::move(control->ours));
  qmp_ = qmp;
  auto greeting = qmp->handshake();
  const absl::Status greeted = co_await std::move(greeting);
  if (!greeted.ok()) co_return greeted;
  auto filling = fill_flash();
  const absl::Status filled = co_await std::move(filling);
  if (!filled.ok()) co_return filled;
  auto running = reset_and_run();
  co_return co_await std::move(running);
}

asio::awaitable<absl::Status> QemuBoard::fill_flash() {
  auto connecting = flash::connect_to("unix:" + paths_.qemu_gdb.string(), kFillPatience);
  absl::StatusOr<flash::StreamSocket> socket = co_await std::move(connecting);
  if (!socket.ok()) co_return socket.status();
  flash::RspClient client(*std::move(socket), kFillPatience);
  auto greeting = client.handshake();
  const absl::Status greeted = co_await std::move(greeting);
  if (!greeted.ok()) co_return greeted;
  const bool from_factory = factory_image_.has_value() && is_blank();
  for (const FlashRegion& region : flash_.regions()) {
    const auto content = flash_.load(region);
    if (!content.ok()) co_return content.status();
    auto writing = write_content(client, region.address, *content);
    const absl::Status written = co_await std::move(writing);
    if (!written.ok()) co_return written;
  }
  if (from_factory) {
    for (const flash::Segment& segment : factory_image_->segments) {
      auto writing = write_content(client, segment.address, segment.bytes);
      const absl::Status written = co_await std::move(writing);
      if (!written.ok()) co_return written;
    }
  }
  const auto unit_block = unit_block_of(unit_id_of(id_));
  auto marking = client.write_memory(type_.unit_block, unit_block);
  const absl::Status marked = co_await std::move(marking);
  if (!marked.ok() || !from_factory) co_return marked;
  auto saving = save_flash();
  co_return co_await std::move(saving);
}

asio::awaitable<absl::Status> QemuBoard::save_flash() {
  const auto qmp = qmp_;
  for (const FlashRegion& region : flash_.regions()) {
    auto saving = qmp->save_memory(region.address, region.bytes, flash_.new_file(region));
    const absl::Status saved = co_await std::move(saving);
    if (!saved.ok()) co_return saved;
    if (const absl::Status kept = flash_.commit(region); !kept.ok()) co_return kept;
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> QemuBoard::reset_and_run() {
  state_ = is_blank() ? BoardState::kBlank : BoardState::kRunning;
  const auto qmp = qmp_;
  auto resetting = qmp->reset();
  const absl::Status reset = co_await std::move(resetting);
  if (!reset.ok() || state_ != BoardState::kRunning) co_return reset;
  auto resuming = qmp->resume();
  co_return co_await std::move(resuming);
}

asio::awaitable<absl::Status> QemuBoard::power_off() {
  auto locking = mutex_.lock();
  const AsyncMutex::Lock lock = co_await std::move(locking);
  gdb_proxy_->drop_session();
  if (state_ == BoardState::kRunning) {
    const auto qmp = qmp_;
    auto stopping = qmp->stop();
    absl::Status saved = co_await std::move(stopping);
    if (saved.ok()) {
      auto saving = save_flash();
      saved = co_await std::move(saving);
    }
    // The power goes nevertheless; flash is as it was saved last.
    if (!saved.ok()) spdlog::error("{}: flash not saved: {}", id_, std::string(saved.message()));
  }
  if (state_ != BoardState::kOff) spdlog::info("{}: power off", id_);
  end_process();
  co_return absl::OkStatus();
}

void QemuBoard::end_process() {
  const auto process = std::exchange(process_, nullptr);
  if (process != nullptr) process->kill();
  qmp_ = nullptr;
  line_->detach();
  if (instrument_ != nullptr) instrument_->detach_board();
  state_ = BoardState::kOff;
}

asio::awaitable<absl::Status> QemuBoard::reset() {
  auto locking = mutex_.lock();
  const AsyncMutex::Lock lock = co_await std::move(locking);
  if (!has_power()) co_return no_power(id_);
  auto resetting = reset_and_run();
  co_return co_await std::move(resetting);
}

void QemuBoard::crash() {
  if (process_ != nullptr) process_->kill();
}

bool QemuBoard::is_flash(std::uint64_t address) const {
  return std::ranges::any_of(type_.flash, [address](const FlashRegion& region) {
    return address >= region.address && address - region.address < region.bytes;
  });
}

asio::awaitable<void> QemuBoard::debugger_left(bool wrote_flash, bool asked_for_reset) {
  auto locking = mutex_.lock();
  const AsyncMutex::Lock lock = co_await std::move(locking);
  if (!has_power()) co_return;
  const auto qmp = qmp_;
  auto stopping = qmp->stop();  // the debugger may have let it run
  absl::Status status = co_await std::move(stopping);
  if (status.ok() && wrote_flash) {
    auto saving = save_flash();
    status = co_await std::move(saving);
  }
  if (status.ok() && (wrote_flash || asked_for_reset)) {
    auto running = reset_and_run();
    status = co_await std::move(running);
    if (status.ok())
      spdlog::info("{}: {}reset by its debug probe, {}", id_, wrote_flash ? "flashed and " : "", name_of(state_));
  } else if (status.ok() && state_ == BoardState::kRunning) {
    auto resuming = qmp->resume();
    status = co_await std::move(resuming);
  }
  if (!status.ok()) spdlog::error("{}: after debugging: {}", id_, std::string(status.message()));
}

asio::awaitable<void> QemuBoard::watch(std::shared_ptr<ChildProcess> process) {
  auto ending = process->wait_for_end();
  const std::string how = co_await std::move(ending);
  if (process_ != process) co_return;  // ended by us
  spdlog::error("{}: crashed, {}; off until its power is cycled. QEMU said: {}", id_, how, process->output());
  gdb_proxy_->drop_session();
  end_process();
  state_ = BoardState::kCrashed;
}

}  // namespace tinyrig::emulator
