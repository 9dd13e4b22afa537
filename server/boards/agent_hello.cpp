#include "server/boards/agent_hello.h"

#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig::boards {

namespace asio = boost::asio;

asio::awaitable<absl::StatusOr<agent::v1::HelloReply>> say_hello(link::AgentSession& session, const CatalogEntry& type,
                                                                 Speed speed, std::chrono::milliseconds timeout) {
  TINYRIG_CO_RETURN_IF_ERROR(session.transport().set_baud(type.baud));
  absl::StatusOr<agent::v1::HelloReply> reply = co_await session.hello(timeout);
  if (type.max_baud == type.baud) co_return reply;
  if (speed == Speed::kUnknown && !reply.ok() && absl::IsDeadlineExceeded(reply.status())) {
    TINYRIG_CO_RETURN_IF_ERROR(session.transport().set_baud(type.max_baud));
    absl::StatusOr<agent::v1::HelloReply> at_speed = co_await session.hello(timeout);
    if (at_speed.ok()) co_return at_speed;
    TINYRIG_CO_RETURN_IF_ERROR(session.transport().set_baud(type.baud));
    co_return reply;
  }
  if (!reply.ok() || (reply->capabilities() & agent::v1::CAPABILITY_SET_BAUD) == 0) co_return reply;
  absl::Status raised = co_await session.set_baud(type.max_baud, type.baud);
  if (reason_of(raised) == "BAUD_SWITCH_FAILED") {
    // The board may listen at either speed now: a reset at the slow one is what both agree on.
    co_return co_await session.hello(timeout);
  }
  if (!raised.ok()) co_return raised;
  co_return reply;
}

}  // namespace tinyrig::boards
