// Who can reach the daemon, and whether that is safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace tinyrig::api {

struct Exposure {
  // HOST:PORT that the daemon is to listen on.
  std::vector<std::string> addresses;
  bool tls = false;
  bool tokens = false;
  // The user said that he knows.
  bool unprotected_allowed = false;
};

/// Addresses beyond loopback need both TLS and tokens, unless the user said otherwise. Pure function.
/// FAILED_PRECONDITION (NETWORK_UNPROTECTED) names the address, what is missing and what to do; INVALID_ARGUMENT
/// (LISTEN_ADDRESS_INVALID).
absl::Status check_exposure(const Exposure& exposure);

}  // namespace tinyrig::api
