// The one check, first in every handler, for unary calls and streams alike.
#pragma once

#include <grpcpp/server_context.h>

#include <string_view>

#include "absl/status/statusor.h"
#include "server/access/access_control.h"
#include "server/access/roles.h"
#include "server/api/service_context.h"

namespace tinyrig::api {

/// The rule follows from the type of the request, which every method has for itself.
template <class Request>
const google::protobuf::MethodDescriptor& method_of() {
  // Null only for a request of no method; no handler has such a one.
  return *access::method_of_request(*Request::descriptor());
}

inline std::string_view authorization_of(const grpc::CallbackServerContext& call) {
  const auto& metadata = call.client_metadata();
  const auto found = metadata.find("authorization");
  return found == metadata.end() ? std::string_view() : std::string_view(found->second.data(), found->second.size());
}

/// Whether the call may be answered, and who makes it. Off gRPC's threads: looking at a token may take a while.
template <class Request>
absl::StatusOr<access::Caller> admit(const grpc::CallbackServerContext& call, ServiceContext& services) {
  return services.access.admit(authorization_of(call), method_of<Request>());
}

}  // namespace tinyrig::api
