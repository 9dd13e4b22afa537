#include "server/boards/power_switch.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/use_tuple.h"
#include "server/flash/endpoint.h"
#include "server/flash/tool_process.h"

namespace tinyrig::boards {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds kConnecting{3};  // cancel() waits for it
constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kMaxAnswerBytes = 512;

class LineSwitch final : public PowerSwitch {
 public:
  explicit LineSwitch(PowerSetup setup) : setup_(std::move(setup)) {}

  asio::awaitable<absl::Status> cycle() override {
    absl::StatusOr<flash::StreamSocket> socket = co_await flash::connect_to(setup_.endpoint, kConnecting);
    if (!socket.ok()) {
      co_return make_error(absl::StatusCode::kUnavailable, "POWER_SWITCH_UNREACHABLE",
                           absl::StrCat("power switch: ", std::string(socket.status().message())),
                           "Check 'power' in the farm file.");
    }
    const auto line = std::make_shared<flash::StreamSocket>(*std::move(socket));
    line_ = line;
    // A switch that takes the line and never answers must not hold the board for ever. The handler keeps the line: it
    // may be on its way when the call has ended.
    asio::steady_timer deadline(co_await asio::this_coro::executor, kPatience);
    deadline.async_wait([line](const boost::system::error_code& error) {
      if (error) return;
      boost::system::error_code ignored;
      line->close(ignored);
    });
    const std::string request = absl::StrCat("power ", setup_.outlet, " cycle\n");
    const auto [write_error, written] = co_await asio::async_write(*line, asio::buffer(request), kUseTuple);
    std::string answer;
    auto buffer = asio::dynamic_buffer(answer, kMaxAnswerBytes);
    const auto [read_error, length] = co_await asio::async_read_until(*line, buffer, '\n', kUseTuple);
    deadline.cancel();
    if (write_error || read_error) {
      co_return make_error(absl::StatusCode::kUnavailable, "POWER_SWITCH_UNREACHABLE",
                           absl::StrCat("power switch at ", setup_.endpoint, " did not answer"));
    }
    if (!absl::StartsWith(answer, "ok")) {
      co_return make_error(
          absl::StatusCode::kFailedPrecondition, "POWER_SWITCH_REFUSED",
          absl::StrCat("power switch at ", setup_.endpoint, " says: ", std::string(absl::StripSuffix(answer, "\n"))));
    }
    co_return absl::OkStatus();
  }

  void cancel() override {
    boost::system::error_code ignored;
    if (const auto line = line_.lock(); line != nullptr) line->close(ignored);
  }

 private:
  const PowerSetup setup_;
  std::weak_ptr<flash::StreamSocket> line_;  // of the pending call
};

class CommandSwitch final : public PowerSwitch {
 public:
  explicit CommandSwitch(std::vector<std::string> argv) : argv_(std::move(argv)) {}

  asio::awaitable<absl::Status> cycle() override {
    flash::ToolRun run{.argv = argv_, .deadline = kPatience};
    auto running = tool_.run(std::move(run));
    const absl::StatusOr<flash::ToolEnd> end = co_await std::move(running);
    if (absl::IsCancelled(end.status())) co_return end.status();
    if (!end.ok()) {
      co_return make_error(absl::StatusCode::kUnavailable, "POWER_SWITCH_UNREACHABLE",
                           absl::StrCat("power switch: ", std::string(end.status().message())), hint_of(end.status()));
    }
    if (end->timed_out || end->exit_code != 0) {
      co_return make_error(absl::StatusCode::kFailedPrecondition, "POWER_SWITCH_REFUSED",
                           absl::StrCat("power switch: ", argv_.front(), ": ", end->how,
                                        end->timed_out ? " after 20 s" : "", ": ", clean_text(end->output, 300)),
                           "Check 'power' in the farm file; run the command by hand.");
    }
    co_return absl::OkStatus();
  }

  void cancel() override { tool_.stop(); }

 private:
  const std::vector<std::string> argv_;
  flash::ToolProcess tool_;
};

class Ppk2Switch final : public PowerSwitch {
 public:
  explicit Ppk2Switch(std::shared_ptr<power::Ppk2> ppk2) : ppk2_(std::move(ppk2)) {}

  asio::awaitable<absl::Status> supply() override { return ppk2_->supply(); }
  asio::awaitable<absl::Status> cycle() override { return ppk2_->cycle(); }
  void cancel() override { ppk2_->cancel(); }

 private:
  const std::shared_ptr<power::Ppk2> ppk2_;
};

class JointSwitch final : public PowerSwitch {
 public:
  JointSwitch(std::unique_ptr<PowerSwitch> other, std::unique_ptr<PowerSwitch> its_supply)
      : other_(std::move(other)), supply_(std::move(its_supply)) {}

  asio::awaitable<absl::Status> supply() override {
    TINYRIG_CO_RETURN_IF_ERROR(co_await other_->supply());
    co_return co_await supply_->supply();
  }
  asio::awaitable<absl::Status> cycle() override {
    TINYRIG_CO_RETURN_IF_ERROR(co_await other_->cycle());
    co_return co_await supply_->cycle();
  }
  void cancel() override {
    other_->cancel();
    supply_->cancel();
  }

 private:
  const std::unique_ptr<PowerSwitch> other_, supply_;
};

}  // namespace

std::unique_ptr<PowerSwitch> make_power_switch(const PowerSetup& power) {
  if (power.kind == "line-switch") return std::make_unique<LineSwitch>(power);
  return std::make_unique<CommandSwitch>(power.cycle);
}

std::unique_ptr<PowerSwitch> make_ppk2_switch(std::shared_ptr<power::Ppk2> ppk2) {
  return std::make_unique<Ppk2Switch>(std::move(ppk2));
}

std::unique_ptr<PowerSwitch> make_joint_switch(std::unique_ptr<PowerSwitch> other,
                                               std::unique_ptr<PowerSwitch> supply) {
  return std::make_unique<JointSwitch>(std::move(other), std::move(supply));
}

}  // namespace tinyrig::boards
