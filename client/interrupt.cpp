#include "client/interrupt.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

#include "client/exit_codes.h"

namespace tinyrig::client {

InterruptWatch::InterruptWatch() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { watch(); });
}

InterruptWatch::~InterruptWatch() {
  const std::uint64_t one = 1;
  if (::write(stop_, &one, sizeof one) == sizeof one) thread_.join();
  ::close(signals_);
  ::close(stop_);
}

void InterruptWatch::on_interrupt(std::function<void()> action) {
  const std::lock_guard lock(mutex_);
  action_ = std::move(action);
  if (interrupted_ && action_) action_();
}

void InterruptWatch::pause(std::chrono::milliseconds how_long) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, how_long, [this] { return interrupted_.load(); });
}

void InterruptWatch::watch() {
  while (true) {
    std::array<pollfd, 2> waits = {{{signals_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;
    if ((waits[1].revents & POLLIN) != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != sizeof info) continue;
    if (interrupted_.exchange(true)) ::_exit(kDetached);
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    if (action_) action_();
  }
}

}  // namespace tinyrig::client
