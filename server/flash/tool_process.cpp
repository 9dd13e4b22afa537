#include "server/flash/tool_process.h"

#include <signal.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "server/base/child_process.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;

}  // namespace

struct ToolProcess::State : std::enable_shared_from_this<State> {
  State(const asio::any_io_executor& executor, std::chrono::milliseconds allowed) : timer(executor), grace(allowed) {}

  void arm(std::chrono::milliseconds delay) {
    timer.expires_after(delay);
    timer.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
      const auto state = weak.lock();
      if (cancelled || state == nullptr) return;
      if (state->asked_to_end) {
        state->child->kill();
      } else {
        state->timed_out = true;
        state->ask_to_end();
      }
    });
  }

  void ask_to_end() {
    if (asked_to_end) return;
    asked_to_end = true;
    child->signal(SIGTERM);
    arm(grace);
  }

  std::unique_ptr<ChildProcess> child;
  asio::steady_timer timer;
  const std::chrono::milliseconds grace;
  bool asked_to_end = false;
  bool timed_out = false;
  bool stopped = false;
};

ToolProcess::ToolProcess() = default;
ToolProcess::~ToolProcess() = default;

void ToolProcess::stop() {
  if (state_ == nullptr) return;
  state_->stopped = true;
  state_->ask_to_end();
}

asio::awaitable<absl::StatusOr<ToolEnd>> ToolProcess::run(ToolRun tool) {
  const auto executor = co_await asio::this_coro::executor;
  // A cancelled coroutine still has a process to end.
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto state = std::make_shared<State>(executor, tool.grace);
  ChildOptions options;
  options.argv = std::move(tool.argv);
  options.keep_standard_output = true;
  options.environment = {"LC_ALL=C"};  // what it prints is read by us
  auto child = ChildProcess::start(executor, options);
  if (!child.ok()) co_return child.status();
  state->child = *std::move(child);
  state_ = state;
  state->arm(tool.deadline);
  auto ending = state->child->wait_for_end();
  ToolEnd end;
  end.how = co_await std::move(ending);
  if (!state->child->has_ended()) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    state->stopped = true;
    state->ask_to_end();
    auto ending_now = state->child->wait_for_end();
    end.how = co_await std::move(ending_now);
  }
  state->timer.cancel();
  state_.reset();
  if (state->stopped) co_return absl::CancelledError(options.argv.front() + " was stopped");
  end.exit_code = state->child->exit_code();
  end.timed_out = state->timed_out;
  end.output = state->child->output();
  co_return end;
}

}  // namespace tinyrig::flash
