#include "server/flash/poll.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "server/base/use_tuple.h"

namespace tinyrig::flash {

boost::asio::awaitable<absl::Status> Poll::until(std::function<bool()> done, Clock::time_point deadline) {
  constexpr std::chrono::milliseconds kBetween{50};
  timer_.emplace(co_await boost::asio::this_coro::executor);
  for (;;) {
    if (cancelled_) co_return absl::CancelledError("flashing was stopped");
    if (done()) co_return absl::OkStatus();
    if (Clock::now() >= deadline) co_return absl::DeadlineExceededError("it did not come in time");
    timer_->expires_after(kBetween);
    auto waiting = timer_->async_wait(kUseTuple);
    co_await std::move(waiting);
  }
}

void Poll::cancel() {
  cancelled_ = true;
  if (timer_.has_value()) timer_->cancel();
}

}  // namespace tinyrig::flash
