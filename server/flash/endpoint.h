// Where a flasher or power switch listens: "unix:PATH" or "tcp:HOST:PORT".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <chrono>
#include <string>

#include "absl/status/statusor.h"

namespace tinyrig::flash {

using StreamSocket = boost::asio::generic::stream_protocol::socket;

/// A connected, close-on-exec socket on the calling coroutine's executor.
/// INVALID_ARGUMENT (ENDPOINT_INVALID) · UNAVAILABLE (ENDPOINT_UNREACHABLE): also when `patience` ends.
boost::asio::awaitable<absl::StatusOr<StreamSocket>> connect_to(std::string endpoint,
                                                                std::chrono::steady_clock::duration patience);

}  // namespace tinyrig::flash
