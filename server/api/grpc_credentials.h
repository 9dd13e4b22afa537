// gRPC's server side of TLS, with certificates that may change while it serves.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "server/tls/current_identity.h"

namespace tinyrig::api {

/// Each new connection gets what `identity` holds then; those that are open keep what they have. Must outlive the
/// server that uses it.
std::shared_ptr<grpc::ServerCredentials> tls_credentials(std::shared_ptr<const tls::CurrentIdentity> identity);

}  // namespace tinyrig::api
