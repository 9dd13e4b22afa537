// Listening on a Unix socket path that may be left over from an earlier run.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>

#include "absl/status/status.h"

namespace tinyrig::emulator {

/// Longest path of a Unix socket.
inline constexpr std::size_t kLongestSocketPath = 107;

/// For this user only. INVALID_ARGUMENT (SOCKET_PATH_TOO_LONG) · INTERNAL (SOCKET_FAILED).
absl::Status listen_on(boost::asio::local::stream_protocol::acceptor& acceptor, const std::filesystem::path& path);

}  // namespace tinyrig::emulator
