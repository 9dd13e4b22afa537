#include "server/discovery/hot_plug.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/use_tuple.h"

namespace tinyrig::discovery {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr unsigned kKernelEvents = 1;  // the multicast group; that of udev is 2
constexpr milliseconds kSettled{100};
constexpr milliseconds kLinksMade{2'000};

}  // namespace

std::optional<Uevent> parse_uevent(std::string_view datagram) {
  const std::size_t head_end = datagram.find('\0');
  if (head_end == std::string_view::npos || datagram.substr(0, head_end).find('@') == std::string_view::npos) {
    return std::nullopt;
  }
  Uevent event;
  for (std::size_t at = head_end + 1; at < datagram.size();) {
    const std::size_t end = std::min(datagram.find('\0', at), datagram.size());
    const std::string_view line = datagram.substr(at, end - at);
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) {
      const std::string_view key = line.substr(0, equals);
      const std::string_view value = line.substr(equals + 1);
      if (key == "ACTION") event.action = value;
      if (key == "SUBSYSTEM") event.subsystem = value;
    }
    at = end + 1;
  }
  return event.action.empty() ? std::nullopt : std::optional(std::move(event));
}

class HotPlug::Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(const asio::any_io_executor& executor, int socket, std::function<void()> changed)
      : strand_(asio::make_strand(executor)),
        socket_(strand_, socket),
        settled_(strand_),
        links_made_(strand_),
        changed_(std::move(changed)) {}

  void start() {
    asio::co_spawn(
        strand_, [self = shared_from_this()] { return self->listen(); }, asio::detached);
  }

  void stop() {
    stopped_ = true;
    asio::post(strand_, [self = shared_from_this()] {
      boost::system::error_code ignored;
      self->socket_.close(ignored);
      self->settled_.cancel();
      self->links_made_.cancel();
    });
  }

 private:
  asio::awaitable<void> listen() {
    while (!stopped_) {
      auto waiting = socket_.async_wait(asio::posix::descriptor_base::wait_read, kUseTuple);
      const auto [error] = co_await std::move(waiting);
      if (error) co_return;
      if (read_all()) tell();
    }
  }

  // Was there anything about a serial port?
  bool read_all() {
    std::array<char, 8192> buffer;
    bool concerns_us = false;
    for (;;) {
      sockaddr_nl sender{};
      socklen_t sender_size = sizeof sender;
      const ssize_t size = ::recvfrom(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                      reinterpret_cast<sockaddr*>(&sender), &sender_size);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return concerns_us || errno == ENOBUFS;  // some were lost: any of them
      if (sender.nl_pid != 0) continue;                      // another process, not the kernel
      const auto event = parse_uevent({buffer.data(), static_cast<std::size_t>(size)});
      if (event.has_value() && event->subsystem == "tty" && event->action != "change") concerns_us = true;
    }
  }

  void tell() {
    tell_after(settled_, kSettled);
    tell_after(links_made_, kLinksMade);
  }

  // Begins anew with each event.
  void tell_after(asio::steady_timer& timer, milliseconds delay) {
    timer.expires_after(delay);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error && !self->stopped_) self->changed_();
    });
  }

  const asio::any_io_executor strand_;
  asio::posix::stream_descriptor socket_;
  asio::steady_timer settled_, links_made_;
  const std::function<void()> changed_;
  std::atomic<bool> stopped_ = false;
};

absl::StatusOr<std::unique_ptr<HotPlug>> HotPlug::start(const asio::any_io_executor& executor,
                                                        std::function<void()> changed) {
  const int socket = ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kKernelEvents;
  if (socket < 0 || ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::string why = std::strerror(errno);
    if (socket >= 0) ::close(socket);
    return make_error(absl::StatusCode::kUnavailable, "HOT_PLUG_UNAVAILABLE",
                      absl::StrCat("the kernel does not announce what is plugged in: ", why),
                      "Boards that come back are found at the next try, within a minute.");
  }
  auto watch = std::make_shared<Watch>(executor, socket, std::move(changed));
  watch->start();
  return std::unique_ptr<HotPlug>(new HotPlug(std::move(watch)));
}

HotPlug::~HotPlug() { watch_->stop(); }

}  // namespace tinyrig::discovery
