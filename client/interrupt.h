// Ctrl-C as an event instead of a sudden end: one thread waits for SIGINT and SIGTERM and calls back.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace tinyrig::client {

/// Make it before any other thread (gRPC starts some): threads inherit which signals are held back.
class InterruptWatch {
 public:
  InterruptWatch();
  /// Ends the thread.
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  bool interrupted() const { return interrupted_; }
  /// Waits before another try, less when interrupted meanwhile.
  void pause(std::chrono::milliseconds how_long);
  /// Called (from the watching thread) at the first interrupt, or at once if it has come. The second one
  /// ends the process.
  void on_interrupt(std::function<void()> action);

 private:
  void watch();

  std::atomic<bool> interrupted_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> action_;  // guarded by mutex_
  int signals_ = -1;
  int stop_ = -1;
  std::thread thread_;
};

}  // namespace tinyrig::client
