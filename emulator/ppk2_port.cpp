#include "emulator/ppk2_port.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <string>
#include <utility>

#include "emulator/pty.h"
#include "server/base/use_tuple.h"

namespace tinyrig::emulator {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kGroup{2};               // of samples, which are sent together
constexpr std::uint64_t kLargestBatch = 5'000;  // samples; when we are behind
constexpr milliseconds kOutputStays{400};       // after the host has closed the port; a real one's is gone after 500
constexpr milliseconds kResetTakes{300};
// For a host that is behind; without one, what the chips on the way hold.
constexpr std::size_t kBacklogWithHost = 1 << 20, kBacklogWithoutHost = 16 * 1024;

}  // namespace

struct Ppk2Port::Pty {
  Pty(const asio::any_io_executor& executor, PtyEnds ends)
      : host_side(executor, ends.master.release()), slave(std::move(ends.slave)) {}

  asio::posix::stream_descriptor host_side;  // the master
  // Kept open as long as no host is known: without any, reads of the master fail. With one they shall: it left.
  Fd slave;
  std::string backlog;  // for the host, not yet taken
  bool writing = false;

  bool has_host() const { return slave.get() < 0; }
};

struct Ppk2Port::TriggerEnd {
  TriggerEnd(const asio::any_io_executor& executor, int fd) : socket(executor) {
    socket.assign(asio::local::stream_protocol(), fd);
  }
  asio::local::stream_protocol::socket socket;
};

Ppk2Port::Ppk2Port(asio::any_io_executor executor, std::filesystem::path path, CurrentModel current)
    : executor_(std::move(executor)),
      path_(std::move(path)),
      replay_(current),
      simulator_({.input = [this] { return replay_.next(); },
                  .stream_changed = [this](bool streams) { stream_changed(streams); },
                  .output_changed = {},
                  .was_reset = [this] { come_back_after_reset(); }}),
      pacing_(executor_),
      output_off_(executor_),
      coming_back_(executor_) {}

Ppk2Port::~Ppk2Port() {
  unplug();
  detach_board();
}

absl::Status Ppk2Port::plug() {
  coming_back_.cancel();
  if (plugged()) return absl::OkStatus();
  absl::StatusOr<PtyEnds> ends = open_pty(path_);
  if (!ends.ok()) return ends.status();
  pty_ = std::make_shared<Pty>(executor_, *std::move(ends));
  asio::co_spawn(
      executor_, [self = shared_from_this(), pty = pty_] { return self->serve(pty); }, asio::detached);
  return absl::OkStatus();
}

void Ppk2Port::unplug() {
  coming_back_.cancel();
  output_off_.cancel();
  if (!plugged()) return;
  ::unlink(path_.c_str());
  boost::system::error_code ignored;
  pty_->host_side.close(ignored);
  pty_->slave.reset();
  pty_ = nullptr;
  simulator_.power_cycle();
}

void Ppk2Port::come_back_after_reset() {
  unplug();
  coming_back_.expires_after(kResetTakes);
  coming_back_.async_wait([alive = weak_from_this()](const boost::system::error_code& error) {
    const auto self = alive.lock();
    if (error || self == nullptr) return;
    if (const absl::Status plugged = self->plug(); !plugged.ok()) {
      spdlog::error("{}: {}", self->path_.string(), std::string(plugged.message()));
    }
  });
}

void Ppk2Port::attach_board(Fd trigger) {
  detach_board();
  trigger_ = std::make_shared<TriggerEnd>(executor_, trigger.release());
  replay_.set_powered(true);
  asio::co_spawn(
      executor_, [self = shared_from_this(), end = trigger_] { return self->read_trigger(end); }, asio::detached);
}

void Ppk2Port::detach_board() {
  if (trigger_ == nullptr) return;
  boost::system::error_code ignored;
  trigger_->socket.close(ignored);
  trigger_ = nullptr;
  replay_.set_powered(false);
}

asio::awaitable<void> Ppk2Port::read_trigger(std::shared_ptr<TriggerEnd> trigger) {
  std::array<std::uint8_t, 1024> buffer;
  for (;;) {
    auto reading = trigger->socket.async_read_some(asio::buffer(buffer), kUseTuple);
    const auto [error, count] = co_await std::move(reading);
    if (error || trigger != trigger_) co_return;
    replay_.take(std::span(buffer.data(), count));
  }
}

asio::awaitable<void> Ppk2Port::serve(std::shared_ptr<Pty> pty) {
  std::array<std::uint8_t, 1024> buffer;
  for (;;) {
    auto reading = pty->host_side.async_read_some(asio::buffer(buffer), kUseTuple);
    const auto [error, count] = co_await std::move(reading);
    if (pty != pty_) co_return;  // unplugged
    if (error) {
      if (!host_left(*pty)) co_return;
      continue;
    }
    output_off_.cancel();
    pty->slave.reset();
    for (const std::string& answer : simulator_.take(std::span(buffer.data(), count))) send(answer);
    if (pty != pty_) co_return;  // reset
  }
}

bool Ppk2Port::host_left(Pty& pty) {
  pty.slave = Fd(::ioctl(pty.host_side.native_handle(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (pty.slave.get() < 0) {
    spdlog::error("{}: the PTY does not open again; unplug and plug it", path_.string());
    return false;
  }
  pty.backlog.clear();
  output_off_.expires_after(kOutputStays);
  output_off_.async_wait([alive = weak_from_this()](const boost::system::error_code& error) {
    const auto self = alive.lock();
    if (!error && self != nullptr) self->simulator_.host_left();
  });
  return true;
}

void Ppk2Port::stream_changed(bool streams) {
  replay_.set_streaming(streams);
  if (!streams) {
    pacing_.cancel();
    return;
  }
  stream_began_ = Clock::now();
  sent_samples_ = 0;
  if (std::exchange(paces_, true)) return;
  asio::co_spawn(
      executor_, [self = shared_from_this()] { return self->pace(); }, asio::detached);
}

asio::awaitable<void> Ppk2Port::pace() {
  while (simulator_.streams()) {
    pacing_.expires_after(kGroup);
    auto waiting = pacing_.async_wait(kUseTuple);
    co_await std::move(waiting);
    if (!simulator_.streams()) break;
    // Or again: it may have been stopped and started meanwhile.
    const auto streamed = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - stream_began_);
    const std::uint64_t due =
        static_cast<std::uint64_t>(streamed.count()) * Ppk2Simulator::kSamplesPerSecond / 1'000'000;
    while (sent_samples_ < due) {
      const std::uint64_t batch = std::min(due - sent_samples_, kLargestBatch);
      sent_samples_ += batch;
      send(simulator_.produce(batch));
    }
  }
  paces_ = false;
}

void Ppk2Port::send(std::string_view bytes) {
  if (pty_ == nullptr) return;
  if (pty_->backlog.empty()) {
    const ssize_t written = ::write(pty_->host_side.native_handle(), bytes.data(), bytes.size());
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    if (bytes.empty()) return;
  }
  const std::size_t longest = pty_->has_host() ? kBacklogWithHost : kBacklogWithoutHost;
  const std::size_t room = longest - std::min(longest, pty_->backlog.size());
  // Whole words get lost.
  const std::size_t lost = bytes.size() > room ? (bytes.size() - room) / 4 * 4 : 0;
  dropped_ += lost;
  pty_->backlog.append(bytes.substr(0, bytes.size() - lost));
  if (pty_->writing || pty_->backlog.empty()) return;
  pty_->writing = true;
  asio::co_spawn(
      executor_, [self = shared_from_this(), pty = pty_] { return self->write_backlog(pty); }, asio::detached);
}

asio::awaitable<void> Ppk2Port::write_backlog(std::shared_ptr<Pty> pty) {
  while (!pty->backlog.empty()) {
    auto waiting = pty->host_side.async_wait(asio::posix::stream_descriptor::wait_write, kUseTuple);
    const auto [error] = co_await std::move(waiting);
    if (error || pty != pty_) break;
    const ssize_t written = ::write(pty->host_side.native_handle(), pty->backlog.data(), pty->backlog.size());
    if (written > 0) pty->backlog.erase(0, static_cast<std::size_t>(written));
    if (written < 0 && errno != EAGAIN && errno != EINTR) break;
  }
  pty->writing = false;
}

}  // namespace tinyrig::emulator
