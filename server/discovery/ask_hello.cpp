#include "server/discovery/ask_hello.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/boards/agent_identity.h"
#include "server/discovery/port_holders.h"
#include "server/link/agent_session.h"
#include "server/link/serial_port.h"

namespace tinyrig::discovery {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMaxDetailBytes = 1024;

v1::PortState state_of(const absl::Status& status) {
  const std::string reason = reason_of(status);
  if (reason == "PORT_IN_USE") return v1::PORT_STATE_IN_USE;
  if (reason == "PORT_NOT_ALLOWED") return v1::PORT_STATE_NOT_ALLOWED;
  if (reason == "AGENT_SILENT" || reason == "LINK_TOO_NOISY") return v1::PORT_STATE_SILENT;
  return v1::PORT_STATE_FAILED;
}

void set_failed(const usb::Places& places, const absl::Status& status, v1::FoundPort* port) {
  port->set_state(state_of(status));
  std::string message(status.message());
  if (absl::StartsWith(message, port->path() + ": ")) message.erase(0, port->path().size() + 2);
  port->set_detail(clean_text(message, kMaxDetailBytes));
  if (port->state() == v1::PORT_STATE_SILENT) port->set_detail("no agent answers");
  if (port->state() != v1::PORT_STATE_IN_USE) return;
  const std::string holders = holders_text(port_holders(places.proc, port->path()));
  port->set_detail(holders.empty() ? "a process that this user cannot see has it" : absl::StrCat(holders, " has it"));
}

// A tty that another process reads would be read by two: who does not lock (ModemManager, a terminal program) is found
// by its open file. Not so PTYs, which their maker keeps open.
bool is_held(const usb::Places& places, const v1::FoundPort& port) {
  std::error_code error;
  const std::string device = std::filesystem::canonical(port.path(), error).string();
  return !error && !absl::StartsWith(device, "/dev/pts/") && !port_holders(places.proc, device).empty();
}

asio::awaitable<void> ask(const usb::Places& places, std::chrono::milliseconds timeout, v1::FoundPort* port) {
  if (is_held(places, *port)) {
    set_failed(places, make_error(absl::StatusCode::kFailedPrecondition, "PORT_IN_USE", "open elsewhere"), port);
    co_return;
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto line = link::SerialPort::open(executor, port->path());
  if (!line.ok()) {
    set_failed(places, line.status(), port);
    co_return;
  }
  link::SessionOptions options;
  options.work_silence_limit = timeout;  // for a line that takes no bytes
  link::AgentSession session(*std::move(line), options);
  const absl::StatusOr<agent::v1::HelloReply> hello = co_await session.hello(timeout);
  if (!hello.ok()) {
    set_failed(places, hello.status(), port);
    co_return;
  }
  port->set_state(v1::PORT_STATE_ANSWERED);
  *port->mutable_agent() = boards::identity_of(*hello);
}

}  // namespace

void ask_hello(const usb::Places& places, std::chrono::milliseconds timeout, const std::set<std::string>& board_types,
               Found* found) {
  asio::io_context io;
  for (const PortIndex& at : found->may_ask) {
    v1::FoundPort* port = found->report.mutable_boards(at.board)->mutable_ports(at.port);
    asio::co_spawn(io, ask(places, timeout, port), asio::detached);
  }
  io.run();
  for (v1::FoundBoard& board : *found->report.mutable_boards()) {
    for (const v1::FoundPort& port : board.ports()) {
      if (board_types.contains(port.agent().board_type())) board.set_board_type(port.agent().board_type());
    }
  }
}

}  // namespace tinyrig::discovery
