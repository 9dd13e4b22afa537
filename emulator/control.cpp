#include "emulator/control.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "emulator/listen.h"
#include "server/base/error.h"
#include "server/base/use_tuple.h"

namespace tinyrig::emulator {
namespace {

namespace asio = boost::asio;
constexpr std::size_t kLongestRequest = 1024;

std::string answer_of(const absl::Status& status) {
  if (status.ok()) return "ok\n";
  return "error " + reason_of(status) + " " + std::string(status.message()) + "\n";
}

constexpr char kUsage[] =
    "error BAD_REQUEST known: status | power BOARD on|off|cycle | reset BOARD | plug BOARD | unplug BOARD | crash "
    "BOARD | speed BOARD BAUD|any | instrument BOARD lose N|corrupt|slip 1..3|saturate N|unplug|plug\n";

// What comes of the words to come; nullopt: not a fault.
std::optional<absl::Status> spoil(Ppk2Port& instrument, const std::string& fault, const std::string& count) {
  Ppk2Simulator& simulator = instrument.simulator();
  std::uint32_t number = 0;
  if (fault == "corrupt") {
    if (!count.empty()) return std::nullopt;
  } else if (fault == "lose" || fault == "saturate" || fault == "slip") {
    const std::uint32_t most = fault == "slip" ? 3 : 10 * Ppk2Simulator::kSamplesPerSecond;
    if (!absl::SimpleAtoi(count, &number) || number == 0 || number > most) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (!simulator.streams()) {
    return make_error(absl::StatusCode::kFailedPrecondition, "INSTRUMENT_IDLE",
                      "the instrument " + instrument.path().string() + " does not stream; start it first", "");
  }
  if (fault == "corrupt") simulator.corrupt_counter();
  if (fault == "lose") simulator.lose(number);
  if (fault == "saturate") simulator.saturate(number);
  if (fault == "slip") simulator.slip(number);
  return absl::OkStatus();
}

std::string answer_for_instrument(Ppk2Port& instrument, const std::string& what, const std::string& count) {
  if (what == "plug" && count.empty()) return answer_of(instrument.plug());
  if (what == "unplug" && count.empty()) {
    instrument.unplug();
    return "ok\n";
  }
  const std::optional<absl::Status> spoiled = spoil(instrument, what, count);
  return spoiled.has_value() ? answer_of(*spoiled) : kUsage;
}

std::string state_of(const Ppk2Port* instrument) {
  if (instrument == nullptr) return " instrument=none";
  if (!instrument->plugged()) return " instrument=unplugged output=off";
  return std::string(" instrument=") + (instrument->simulator().streams() ? "streaming" : "idle") +
         " output=" + (instrument->simulator().output_on() ? "on" : "off");
}

}  // namespace

Control::Control(asio::any_io_executor executor, std::filesystem::path path, const Boards& boards)
    : executor_(executor), path_(std::move(path)), boards_(boards), acceptor_(executor) {}

Control::~Control() { close(); }

absl::Status Control::listen() {
  if (const absl::Status listening = listen_on(acceptor_, path_); !listening.ok()) return listening;
  asio::co_spawn(
      executor_, [self = shared_from_this()] { return self->accept(); }, asio::detached);
  return absl::OkStatus();
}

void Control::close() {
  if (!acceptor_.is_open()) return;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  ::unlink(path_.c_str());
}

asio::awaitable<void> Control::accept() {
  for (;;) {
    auto accepting = acceptor_.async_accept(kUseTuple);
    auto [error, accepted] = co_await std::move(accepting);
    if (error) co_return;
    ::fcntl(accepted.native_handle(), F_SETFD, FD_CLOEXEC);
    auto socket = std::make_shared<Socket>(std::move(accepted));
    asio::co_spawn(
        executor_, [self = shared_from_this(), socket] { return self->serve(socket); }, asio::detached);
  }
}

asio::awaitable<void> Control::serve(std::shared_ptr<Socket> socket) {
  std::string received;
  for (;;) {
    auto reading = asio::async_read_until(*socket, asio::dynamic_buffer(received, kLongestRequest), '\n', kUseTuple);
    const auto [error, length] = co_await std::move(reading);
    if (error) co_return;
    std::string request = received.substr(0, length - 1);
    received.erase(0, length);
    auto answering = answer(std::move(request));
    const std::string text = co_await std::move(answering);
    auto writing = asio::async_write(*socket, asio::buffer(text), kUseTuple);
    const auto [write_error, written] = co_await std::move(writing);
    if (write_error) co_return;
  }
}

std::string Control::status() const {
  std::ostringstream text;
  for (const auto& [id, board] : boards_) {
    text << "board " << id << " type=" << board->type().id << " state=" << name_of(board->state())
         << " plugged=" << (board->line().plugged() ? "yes" : "no") << " pid=" << board->pid()
         << " dropped_bytes=" << board->line().dropped_bytes() << state_of(board->instrument()) << "\n";
  }
  text << "ok\n";
  return text.str();
}

asio::awaitable<std::string> Control::answer(std::string request) {
  std::istringstream words(request);
  std::string verb, id, how, count, rest;
  words >> verb >> id >> how >> count >> rest;
  if (verb == "status" && id.empty()) co_return status();
  if (id.empty() || !rest.empty() || (!count.empty() && verb != "instrument")) co_return kUsage;
  const auto found = boards_.find(id);
  if (found == boards_.end()) co_return "error BOARD_UNKNOWN no board " + id + "; ask for status\n";
  const std::shared_ptr<Board> board = found->second;

  if (verb == "power" && (how == "on" || how == "off" || how == "cycle")) {
    absl::Status done;
    if (how != "on") {
      auto switching = board->power_off();
      done = co_await std::move(switching);
    }
    if (done.ok() && how != "off") {
      auto switching = board->power_on();
      done = co_await std::move(switching);
    }
    co_return answer_of(done);
  }
  if (verb == "speed") {
    std::uint32_t baud = 0;
    if (how != "any" && (!absl::SimpleAtoi(how, &baud) || baud == 0)) co_return kUsage;
    board->line().set_uart_baud(baud);
    co_return "ok\n";
  }
  if (verb == "instrument") {
    if (board->instrument() == nullptr) co_return "error NO_INSTRUMENT board " + id + " has none\n";
    co_return answer_for_instrument(*board->instrument(), how, count);
  }
  if (!how.empty()) co_return kUsage;
  if (verb == "reset") {
    auto resetting = board->reset();
    const absl::Status done = co_await std::move(resetting);
    co_return answer_of(done);
  }
  if (verb == "plug") co_return answer_of(board->line().plug());
  if (verb == "unplug") {
    board->line().unplug();
    co_return "ok\n";
  }
  if (verb == "crash") {
    board->crash();
    co_return "ok\n";
  }
  co_return kUsage;
}

}  // namespace tinyrig::emulator
