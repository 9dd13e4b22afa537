#include "server/boards/console_visit.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/use_tuple.h"
#include "server/boards/board_keeper.h"

namespace tinyrig::boards {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMostWaiting = 256 * 1024;
constexpr std::size_t kReadBytes = 4096;
// A line that takes nothing: flow control on the other side, or nobody there.
constexpr std::chrono::seconds kWritePatience{30};

}  // namespace

ConsoleVisit::ConsoleVisit(std::uint32_t baud_rate, std::string owner, ConsoleHooks hooks)
    : baud_rate_(baud_rate), owner_(std::move(owner)), hooks_(std::move(hooks)) {}

awaitable<void> ConsoleVisit::run(BoardKeeper& keeper) {
  strand_ = keeper.strand();
  const std::string path = keeper.farm_board().port;
  const std::uint32_t baud_rate = baud_rate_ == 0 ? keeper.type().baud : baud_rate_;
  const absl::Status reached = co_await keeper.reach_port();
  if (!reached.ok() || end_.has_value()) {
    hooks_.ended(end_.value_or(reached));
    co_return;
  }
  absl::StatusOr<std::unique_ptr<link::SerialPort>> port = link::SerialPort::open(strand_, path, baud_rate);
  if (!port.ok()) {
    hooks_.ended(port.status());
    co_return;
  }
  port_ = *std::move(port);
  room_.emplace(strand_);
  keeper.log("info", absl::StrCat("console opened by ", owner_));
  hooks_.opened(path, baud_rate);
  absl::Status status = co_await receive();
  if (!end_.has_value()) end_ = std::move(status);  // before a write that the closed port cuts off says something else
  port_->close();
  asio::steady_timer writer(strand_);
  while (writing_) {  // its wait is over: it runs behind this
    writer.expires_after(std::chrono::seconds(0));
    co_await writer.async_wait(kUseTuple);
  }
  port_.reset();
  if (!waiting_.empty()) hooks_.received(std::exchange(waiting_, {}));
  keeper.log("info", absl::StrCat("console closed by ", owner_));
  hooks_.ended(*end_);
}

awaitable<absl::Status> ConsoleVisit::receive() {
  std::array<std::uint8_t, kReadBytes> buffer;
  while (!end_.has_value()) {
    if (waiting_.size() >= kMostWaiting) {
      room_->expires_at(SteadyClock::time_point::max());
      co_await room_->async_wait(kUseTuple);
      continue;
    }
    const absl::StatusOr<std::size_t> count =
        co_await port_->read_some(std::span(buffer), SteadyClock::time_point::max());
    if (!count.ok()) co_return count.status();
    waiting_.append(reinterpret_cast<const char*>(buffer.data()), *count);
    hand_on();
  }
  co_return absl::OkStatus();
}

void ConsoleVisit::hand_on() {
  if (!may_hand_on_ || waiting_.empty()) return;
  may_hand_on_ = false;
  hooks_.received(std::exchange(waiting_, {}));
  if (room_.has_value()) room_->cancel();
}

void ConsoleVisit::taken() {
  asio::post(strand_, [self = shared_from_this()] {
    self->may_hand_on_ = true;
    self->hand_on();
  });
}

void ConsoleVisit::send(std::string bytes, std::function<void()> sent) {
  asio::co_spawn(
      strand_,
      [self = shared_from_this(), bytes = std::move(bytes), sent = std::move(sent)]() mutable {
        return self->write(std::move(bytes), std::move(sent));
      },
      asio::detached);
}

awaitable<void> ConsoleVisit::write(std::string bytes, std::function<void()> sent) {
  const std::shared_ptr<ConsoleVisit> self = shared_from_this();
  if (port_ == nullptr || end_.has_value()) co_return;
  writing_ = true;
  const std::span<const std::uint8_t> all(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  const absl::Status written = co_await port_->write(all, SteadyClock::now() + kWritePatience);
  writing_ = false;
  if (end_.has_value()) co_return;
  if (!written.ok()) {
    end(written);
  } else {
    sent();
  }
}

void ConsoleVisit::refuse(absl::Status why) { hooks_.ended(std::move(why)); }

void ConsoleVisit::end(absl::Status why) {
  if (end_.has_value()) return;
  end_ = std::move(why);
  if (port_ != nullptr) port_->close();
  if (room_.has_value()) room_->cancel();
}

}  // namespace tinyrig::boards
