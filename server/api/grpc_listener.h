// Brings the gRPC server up: services, health, reflection, limits, and a clear answer when it cannot listen.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::api {

struct GrpcListener {
  std::unique_ptr<grpc::Server> server;
  std::uint16_t port = 0;
};

/// `services` outlive the server. UNAVAILABLE (PORT_IN_USE, ADDRESS_UNUSABLE), INVALID_ARGUMENT
/// (LISTEN_ADDRESS_INVALID).
absl::StatusOr<GrpcListener> start_grpc(const std::string& listen,
                                        const std::vector<std::unique_ptr<grpc::Service>>& services);

}  // namespace tinyrig::api
