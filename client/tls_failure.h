// What a failed TLS connection means, in words.
#pragma once

#include <grpcpp/support/status.h>

#include <optional>
#include <string>

#include "client/connection.h"

namespace tinyrig::client {

/// Of a call that found no connection to `server` (Connection::server()); nothing when TLS is not what it failed by.
std::optional<Failure> tls_failure(const grpc::Status& status, const std::string& server);

}  // namespace tinyrig::client
