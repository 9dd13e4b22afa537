#include "server/flash/aside.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstdint>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "server/base/child_process.h"
#include "server/base/error.h"
#include "server/base/use_tuple.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;

absl::Status no_resources(const std::string& what) {
  return make_error(absl::StatusCode::kResourceExhausted, "FLASH_IO", "cannot write the drive: " + what,
                    "the daemon's machine is out of threads or descriptors: end what uses them up");
}

}  // namespace

// The waiting side. The thread knows the event alone: it may outlive the executor.
struct Aside::Wait {
  Wait(const asio::any_io_executor& executor, int event) : done(executor, event), timer(executor) {}

  void end(absl::Status how) {
    ended = std::move(how);
    boost::system::error_code ignored;
    done.cancel(ignored);
  }

  asio::posix::stream_descriptor done;
  asio::steady_timer timer;
  absl::Status ended;  // before the work was done
};

Aside::Aside() = default;
Aside::~Aside() = default;

asio::awaitable<absl::Status> Aside::run(std::function<void()> work, Clock::time_point deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const auto event = std::make_shared<Fd>(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const int ours = ::fcntl(event->get(), F_DUPFD_CLOEXEC, 0);
  if (ours < 0) co_return no_resources("no descriptor is left");
  const auto wait = std::make_shared<Wait>(executor, ours);
  try {
    std::thread([work = std::move(work), event] {
      // Signals are for the other threads, and a pipe that breaks is an error of its write.
      sigset_t all;
      sigfillset(&all);
      ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
      work();
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = ::write(event->get(), &one, sizeof one);
    }).detach();
  } catch (const std::system_error& error) {
    co_return no_resources(error.what());
  }
  wait_ = wait;
  wait->timer.expires_at(deadline);
  wait->timer.async_wait([weak = std::weak_ptr(wait)](const boost::system::error_code& error) {
    if (const auto late = weak.lock(); !error && late != nullptr) {
      late->end(absl::DeadlineExceededError("it did not end in time"));
    }
  });
  auto waiting = wait->done.async_wait(asio::posix::descriptor_base::wait_read, kUseTuple);
  const auto [error] = co_await std::move(waiting);
  wait->timer.cancel();
  wait_.reset();
  if (!error) co_return absl::OkStatus();
  co_return wait->ended.ok() ? absl::CancelledError(error.message()) : wait->ended;
}

void Aside::cancel() {
  if (const auto wait = wait_.lock(); wait != nullptr) wait->end(absl::CancelledError("flashing was stopped"));
}

}  // namespace tinyrig::flash
