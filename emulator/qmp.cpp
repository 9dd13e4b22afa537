#include "emulator/qmp.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "server/base/error.h"
#include "server/base/use_tuple.h"

namespace tinyrig::emulator {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
constexpr std::size_t kLongestLine = 1 << 20;

absl::Status lost(const std::string& what) {
  return make_error(absl::StatusCode::kUnavailable, "QEMU_LOST", "QEMU does not answer: " + what,
                    "power-cycle the board");
}

}  // namespace

struct Qmp::Channel {
  Channel(const asio::any_io_executor& executor, int fd) : socket(executor), timer(executor) {
    socket.assign(asio::local::stream_protocol(), fd);
  }
  asio::local::stream_protocol::socket socket;
  asio::steady_timer timer;
  std::string received;
};

Qmp::Qmp(asio::any_io_executor executor, Fd socket) : channel_(std::make_shared<Channel>(executor, socket.release())) {}

asio::awaitable<absl::StatusOr<json::object>> Qmp::receive() {
  channel_->timer.expires_after(kPatience);
  channel_->timer.async_wait([weak = std::weak_ptr<Channel>(channel_)](const boost::system::error_code& cancelled) {
    const auto channel = weak.lock();
    boost::system::error_code ignored;
    if (!cancelled && channel != nullptr) channel->socket.close(ignored);
  });
  auto reading =
      asio::async_read_until(channel_->socket, asio::dynamic_buffer(channel_->received, kLongestLine), '\n', kUseTuple);
  const auto [error, length] = co_await std::move(reading);
  channel_->timer.cancel();
  if (error) co_return lost(error.message());
  const std::string line = channel_->received.substr(0, length);
  channel_->received.erase(0, length);
  boost::system::error_code bad;
  json::value message = json::parse(line, bad);
  if (bad || !message.is_object()) co_return lost("not QMP: " + line.substr(0, 80));
  co_return std::move(message.get_object());
}

asio::awaitable<absl::Status> Qmp::execute(std::string command, json::object arguments) {
  json::object request;
  request["execute"] = command;
  if (!arguments.empty()) request["arguments"] = std::move(arguments);
  const std::string line = json::serialize(request) + "\n";
  auto writing = asio::async_write(channel_->socket, asio::buffer(line), kUseTuple);
  const auto [error, written] = co_await std::move(writing);
  if (error) co_return lost(error.message());
  for (;;) {
    auto receiving = receive();
    const absl::StatusOr<json::object> message = co_await std::move(receiving);
    if (!message.ok()) co_return message.status();
    if (const json::value* event = message->if_contains("event"); event != nullptr && event->is_string()) {
      events_.insert(std::string(event->get_string().c_str()));
    }
    if (message->contains("return")) co_return absl::OkStatus();
    if (message->contains("error")) {
      co_return make_error(absl::StatusCode::kInternal, "QEMU_REFUSED",
                           "QEMU refused \"" + command + "\": " + json::serialize(*message), "");
    }
  }
}

asio::awaitable<absl::Status> Qmp::wait_for_event(std::string name) {
  while (events_.erase(name) == 0) {
    auto receiving = receive();
    const absl::StatusOr<json::object> message = co_await std::move(receiving);
    if (!message.ok()) co_return message.status();
    const json::value* event = message->if_contains("event");
    if (event != nullptr && event->is_string()) events_.insert(std::string(event->get_string().c_str()));
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> Qmp::handshake() {
  auto greeting = receive();
  const absl::StatusOr<json::object> greeted = co_await std::move(greeting);
  if (!greeted.ok()) co_return greeted.status();
  auto executing = execute("qmp_capabilities", {});
  co_return co_await std::move(executing);
}

asio::awaitable<absl::Status> Qmp::stop() {
  auto executing = execute("stop", {});
  co_return co_await std::move(executing);
}

asio::awaitable<absl::Status> Qmp::resume() {
  auto executing = execute("cont", {});
  co_return co_await std::move(executing);
}

asio::awaitable<absl::Status> Qmp::reset() {
  events_.erase("RESET");
  auto executing = execute("system_reset", {});
  const absl::Status asked = co_await std::move(executing);
  if (!asked.ok()) co_return asked;
  auto waiting = wait_for_event("RESET");
  co_return co_await std::move(waiting);
}

asio::awaitable<absl::Status> Qmp::save_memory(std::uint32_t address, std::uint32_t bytes, std::string file) {
  json::object arguments;
  arguments["val"] = address;
  arguments["size"] = bytes;
  arguments["filename"] = file;
  auto executing = execute("memsave", std::move(arguments));
  co_return co_await std::move(executing);
}

}  // namespace tinyrig::emulator
