// Brings the gRPC server up: services, health, reflection, limits, and a clear answer when it cannot listen.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api/api_observer.h"
#include "server/tls/current_identity.h"

namespace tinyrig::api {

struct GrpcListener {
  std::shared_ptr<grpc::ServerCredentials> credentials;  // of the server, which does not keep them
  std::unique_ptr<grpc::Server> server;
  std::uint16_t port = 0;
};

/// With TLS unless `identity` is null. `services` and `observer` (null: nobody asks) outlive the server; whoever has
/// not said hello (and shaken hands) after `handshake_timeout` is cut off. UNAVAILABLE (PORT_IN_USE, ADDRESS_UNUSABLE),
/// INVALID_ARGUMENT (LISTEN_ADDRESS_INVALID).
absl::StatusOr<GrpcListener> start_grpc(const std::string& listen,
                                        const std::vector<std::unique_ptr<grpc::Service>>& services,
                                        const std::shared_ptr<const tls::CurrentIdentity>& identity,
                                        std::chrono::milliseconds handshake_timeout, ApiObserver* observer);

}  // namespace tinyrig::api
