#include "server/boards/power_switch.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/error.h"
#include "server/base/use_tuple.h"
#include "server/flash/endpoint.h"

namespace tinyrig::boards {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kMaxAnswerBytes = 512;

class LineSwitch final : public PowerSwitch {
 public:
  explicit LineSwitch(Attachment attachment) : attachment_(std::move(attachment)) {}

  asio::awaitable<absl::Status> cycle() override {
    absl::StatusOr<flash::StreamSocket> socket = co_await flash::connect_to(attachment_.endpoint, kPatience);
    if (!socket.ok()) {
      co_return make_error(absl::StatusCode::kUnavailable, "POWER_SWITCH_UNREACHABLE",
                           absl::StrCat("power switch: ", std::string(socket.status().message())),
                           "Check 'power' in the farm file.");
    }
    // A switch that takes the line and never answers must not hold the board for ever.
    asio::steady_timer deadline(co_await asio::this_coro::executor, kPatience);
    deadline.async_wait([&connection = *socket](const boost::system::error_code& error) {
      if (error) return;
      boost::system::error_code ignored;
      connection.close(ignored);
    });
    const std::string request = absl::StrCat("power ", attachment_.outlet, " cycle\n");
    const auto [write_error, written] = co_await asio::async_write(*socket, asio::buffer(request), kUseTuple);
    std::string answer;
    auto buffer = asio::dynamic_buffer(answer, kMaxAnswerBytes);
    const auto [read_error, length] = co_await asio::async_read_until(*socket, buffer, '\n', kUseTuple);
    deadline.cancel();
    if (write_error || read_error) {
      co_return make_error(absl::StatusCode::kUnavailable, "POWER_SWITCH_UNREACHABLE",
                           absl::StrCat("power switch at ", attachment_.endpoint, " did not answer"));
    }
    if (!absl::StartsWith(answer, "ok")) {
      co_return make_error(absl::StatusCode::kFailedPrecondition, "POWER_SWITCH_REFUSED",
                           absl::StrCat("power switch at ", attachment_.endpoint,
                                        " says: ", std::string(absl::StripSuffix(answer, "\n"))));
    }
    co_return absl::OkStatus();
  }

 private:
  const Attachment attachment_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSwitch>> make_power_switch(const Attachment& attachment) {
  if (attachment.kind == "line-switch") return std::make_unique<LineSwitch>(attachment);
  return make_error(absl::StatusCode::kInvalidArgument, "POWER_SWITCH_UNKNOWN",
                    absl::StrCat("power switch of kind '", attachment.kind, "' is unknown"),
                    "Known kinds: line-switch.");
}

}  // namespace tinyrig::boards
