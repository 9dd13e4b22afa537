#include "emulator/gdb_proxy.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstdint>
#include <utility>

#include "emulator/listen.h"
#include "server/base/use_tuple.h"

namespace tinyrig::emulator {
namespace {

namespace asio = boost::asio;
constexpr char kOkAnswer[] = "+$OK#9a";

bool starts_with(const std::string& text, const char* start) { return text.rfind(start, 0) == 0; }

// "reset", "reset halt", "system_reset" as a monitor command in hex.
bool is_reset_command(const std::string& payload) {
  if (!starts_with(payload, "qRcmd,")) return false;
  const auto bytes = flash::from_hex(std::string_view(payload).substr(6));
  if (!bytes.has_value()) return false;
  const std::string command(bytes->begin(), bytes->end());
  return starts_with(command, "reset") || starts_with(command, "system_reset");
}

// "M200,4:..." and "X200,4:..." with an address in flash.
bool writes_flash(const std::string& payload, const DebugTarget& target) {
  if (!starts_with(payload, "M") && !starts_with(payload, "X")) return false;
  std::uint64_t address = 0;
  const auto [end, error] = std::from_chars(payload.data() + 1, payload.data() + payload.size(), address, 16);
  return error == std::errc() && target.is_flash(address);
}

}  // namespace

struct GdbProxy::Session {
  Session(Socket debugger_socket, const asio::any_io_executor& executor)
      : debugger(std::move(debugger_socket)), stub(executor) {}

  Socket debugger;
  Socket stub;
  bool wrote_flash = false;
  bool asked_for_reset = false;
  bool detached = false;  // and waits for an answer
};

GdbProxy::GdbProxy(asio::any_io_executor executor, std::filesystem::path path, std::weak_ptr<DebugTarget> target)
    : executor_(executor), path_(std::move(path)), target_(std::move(target)), acceptor_(executor) {}

GdbProxy::~GdbProxy() { close(); }

absl::Status GdbProxy::listen() {
  if (const absl::Status listening = listen_on(acceptor_, path_); !listening.ok()) return listening;
  asio::co_spawn(
      executor_, [self = shared_from_this()] { return self->accept(); }, asio::detached);
  return absl::OkStatus();
}

void GdbProxy::close() {
  if (!acceptor_.is_open()) return;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  ::unlink(path_.c_str());
  drop_session();
}

void GdbProxy::drop_session() {
  const auto session = session_.lock();
  if (session == nullptr) return;
  boost::system::error_code ignored;
  session->debugger.close(ignored);
  session->stub.close(ignored);
}

asio::awaitable<void> GdbProxy::accept() {
  for (;;) {  // the next debugger waits in the backlog until this one has left
    auto accepting = acceptor_.async_accept(kUseTuple);
    auto [error, socket] = co_await std::move(accepting);
    if (error) co_return;
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    auto session = std::make_shared<Session>(std::move(socket), executor_);
    session_ = session;
    auto serving = serve(session);
    co_await std::move(serving);
  }
}

asio::awaitable<void> GdbProxy::serve(std::shared_ptr<Session> session) {
  const std::shared_ptr<DebugTarget> target = target_.lock();
  if (target == nullptr || !target->has_power()) co_return;  // closing tells the debugger
  auto connecting =
      session->stub.async_connect(asio::local::stream_protocol::endpoint(target->debug_socket()), kUseTuple);
  const auto [error] = co_await std::move(connecting);
  if (error) {
    spdlog::error("{}: QEMU's debugger port: {}", path_.stem().string(), error.message());
    co_return;
  }
  ::fcntl(session->stub.native_handle(), F_SETFD, FD_CLOEXEC);
  asio::co_spawn(
      executor_, [self = shared_from_this(), session] { return self->carry_answers(session); }, asio::detached);
  auto carrying = carry_commands(session);
  co_await std::move(carrying);
  boost::system::error_code ignored;
  session->stub.close(ignored);
  auto leaving = target->debugger_left(session->wrote_flash, session->asked_for_reset);
  co_await std::move(leaving);
  if (!session->detached) co_return;
  auto answering = asio::async_write(session->debugger, asio::buffer(kOkAnswer, sizeof kOkAnswer - 1), kUseTuple);
  co_await std::move(answering);
}

asio::awaitable<void> GdbProxy::carry_commands(std::shared_ptr<Session> session) {
  const std::shared_ptr<DebugTarget> target = target_.lock();
  if (target == nullptr) co_return;
  flash::RspDecoder decoder;
  std::array<std::uint8_t, 8192> buffer;
  for (;;) {
    auto reading = session->debugger.async_read_some(asio::buffer(buffer), kUseTuple);
    const auto [error, count] = co_await std::move(reading);
    if (error) co_return;
    std::string onward;
    for (std::size_t i = 0; i < count; ++i) {
      const auto event = decoder.feed(buffer[i]);
      if (!event.has_value()) continue;
      switch (event->kind) {
        case flash::RspEvent::Kind::kAcknowledge:
          onward += '+';
          break;
        case flash::RspEvent::Kind::kRepeat:
          onward += '-';
          break;
        case flash::RspEvent::Kind::kInterrupt:
          onward += '\x03';
          break;
        case flash::RspEvent::Kind::kDamagedPacket:
          onward += "$#ff";
          break;  // as damaged as it came
        case flash::RspEvent::Kind::kPacket:
          if (event->payload == "D" || starts_with(event->payload, "D;") || event->payload == "k") {
            session->detached = event->payload != "k";
            co_return;
          }
          session->wrote_flash |= writes_flash(event->payload, *target);
          if (is_reset_command(event->payload)) {
            session->asked_for_reset = true;
            onward += flash::encode_packet("qRcmd," + flash::to_hex(std::string_view("system_reset")));
          } else {
            onward += flash::encode_packet(event->payload);
          }
          break;
      }
    }
    if (onward.empty()) continue;
    auto writing = asio::async_write(session->stub, asio::buffer(onward), kUseTuple);
    const auto [write_error, written] = co_await std::move(writing);
    if (write_error) co_return;
  }
}

asio::awaitable<void> GdbProxy::carry_answers(std::shared_ptr<Session> session) {
  std::array<char, 8192> buffer;
  for (;;) {
    auto reading = session->stub.async_read_some(asio::buffer(buffer), kUseTuple);
    const auto [error, count] = co_await std::move(reading);
    if (error) {
      // QEMU is gone: so is the session. (Closed by us: the other direction still has an answer to send. The
      // error then depends on where this coroutine was, so it does not tell.)
      boost::system::error_code ignored;
      if (session->stub.is_open()) session->debugger.close(ignored);
      co_return;
    }
    auto writing = asio::async_write(session->debugger, asio::buffer(buffer.data(), count), kUseTuple);
    const auto [write_error, written] = co_await std::move(writing);
    if (write_error) co_return;
  }
}

}  // namespace tinyrig::emulator
