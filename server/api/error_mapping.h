// Errors on their way out: absl::Status (with reason and hint) to gRPC's status and to the JSON of the
// Connect protocol. One place, so that both faces say the same.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"
#include "server/api/http/http_message.h"
#include "tinyrig/v1/common.pb.h"

namespace tinyrig::api {

/// Trailer that carries a serialized ErrorDetail (the status' own details carry it, too, as google.rpc).
inline constexpr char kErrorTrailer[] = "tinyrig-error-bin";

/// gRPC refuses more than 8 KiB of status in all.
inline constexpr std::size_t kMaxErrorTextBytes = 1024;

/// Reason, message and hint, cleaned and cut. Without a reason, the code's name stands for it.
v1::ErrorDetail to_error_detail(const absl::Status& status);

/// OK stays OK. The details hold a serialized google.rpc.Status with the ErrorDetail in it.
grpc::Status to_grpc_status(const absl::Status& status);

/// "not_found", as the Connect protocol spells the codes.
std::string connect_code_name(grpc::StatusCode code);

/// The HTTP status that the Connect protocol gives to a code.
unsigned connect_http_status(grpc::StatusCode code);

/// {"code", "message", "details": [{"type", "value", "debug"}]}. `http_status` 0: the code's own.
HttpResponse connect_error(grpc::StatusCode code, const v1::ErrorDetail& detail, unsigned http_status = 0);
HttpResponse connect_error(const absl::Status& status, unsigned http_status = 0);

}  // namespace tinyrig::api
