// One coroutine at a time, in order of arrival. For coroutines of one executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <memory>
#include <utility>

namespace tinyrig::emulator {

class AsyncMutex {
 public:
  explicit AsyncMutex(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // Held until destroyed.
  class Lock {
   public:
    explicit Lock(AsyncMutex* mutex) : mutex_(mutex) {}
    Lock(Lock&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    Lock& operator=(Lock&&) = delete;
    ~Lock() {
      if (mutex_ != nullptr) mutex_->unlock();
    }

   private:
    AsyncMutex* mutex_;
  };

  boost::asio::awaitable<Lock> lock() {
    if (!locked_) {
      locked_ = true;
      co_return Lock(this);
    }
    auto turn = std::make_shared<boost::asio::steady_timer>(executor_, boost::asio::steady_timer::time_point::max());
    waiting_.push_back(turn);
    auto waiting = turn->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    co_await std::move(waiting);  // cancelled by unlock(), which leaves the mutex locked for us
    co_return Lock(this);
  }

 private:
  void unlock() {
    if (waiting_.empty()) {
      locked_ = false;
      return;
    }
    waiting_.front()->cancel();
    waiting_.pop_front();
  }

  const boost::asio::any_io_executor executor_;
  bool locked_ = false;
  std::deque<std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

}  // namespace tinyrig::emulator
