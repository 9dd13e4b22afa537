// Hello to a board of a known type: at the speed it has after reset, then both ends raised to the fastest
// that its type allows.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "absl/status/statusor.h"
#include "server/boards/catalog.h"
#include "server/link/agent_session.h"

namespace tinyrig::boards {

// What is known of the board's speed: that of a fresh boot, or perhaps still the raised one.
enum class Speed { kAfterReset, kUnknown };

// A board that was left at the raised speed (the daemon was killed) is found there. When the line does not
// carry the raised speed, the session goes on at the slow one. Errors: those of AgentSession::hello().
boost::asio::awaitable<absl::StatusOr<agent::v1::HelloReply>> say_hello(link::AgentSession& session,
                                                                        const CatalogEntry& type, Speed speed,
                                                                        std::chrono::milliseconds timeout);

}  // namespace tinyrig::boards
