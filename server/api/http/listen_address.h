// "HOST:PORT" and "[V6]:PORT" taken apart, and the one way to say that a port is taken.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tinyrig::api {

struct ListenAddress {
  // An IP address without brackets, or "localhost".
  std::string host;
  std::uint16_t port = 0;
  // Only this machine reaches it.
  bool loopback = false;
};

/// INVALID_ARGUMENT (LISTEN_ADDRESS_INVALID).
absl::StatusOr<ListenAddress> parse_listen_address(const std::string& text);

/// UNAVAILABLE (PORT_IN_USE): `what` listens ("gRPC", "HTTP") on `address`.
absl::Status port_in_use(const std::string& what, const std::string& address);

}  // namespace tinyrig::api
