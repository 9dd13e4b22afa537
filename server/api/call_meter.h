// Tells an ApiObserver of every call that the gRPC server answers, those of the JSON gateway among them.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <string>

#include "server/api/api_observer.h"

namespace tinyrig::api {

/// "/tinyrig.v1.JobService/GetJob" -> "JobService/GetJob"; "other" for what is no method of tinyrig.v1: names that
/// clients make up must not become anything lasting.
std::string known_method(const std::string& path);

/// `observer` outlives the server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> make_call_meter(ApiObserver& observer);

}  // namespace tinyrig::api
