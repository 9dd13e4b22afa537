#include "server/api/error_mapping.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wire_format_lite.h>

#include "absl/strings/escaping.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"

namespace tinyrig::api {
namespace {

// google.rpc.Status {code = 1, message = 2, details = 3}: its .proto is in no package of Debian's, its three
// fields are for ever.
std::string google_rpc_status(grpc::StatusCode code, const v1::ErrorDetail& detail) {
  using google::protobuf::internal::WireFormatLite;
  google::protobuf::Any any;
  any.PackFrom(detail);
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    google::protobuf::io::CodedOutputStream coded(&out);
    WireFormatLite::WriteInt32(1, static_cast<int>(code), &coded);
    WireFormatLite::WriteString(2, detail.message(), &coded);
    WireFormatLite::WriteBytes(3, any.SerializeAsString(), &coded);
  }
  return bytes;
}

}  // namespace

v1::ErrorDetail to_error_detail(const absl::Status& status) {
  v1::ErrorDetail detail;
  detail.set_reason(clean_text(reason_of(status), 64));
  if (detail.reason().empty()) detail.set_reason(absl::StatusCodeToString(status.code()));
  detail.set_message(clean_text(std::string(status.message()), kMaxErrorTextBytes));
  detail.set_hint(clean_text(hint_of(status), kMaxErrorTextBytes));
  return detail;
}

grpc::Status to_grpc_status(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());  // the codes are the same numbers
  const v1::ErrorDetail detail = to_error_detail(status);
  return {code, detail.message(), google_rpc_status(code, detail)};
}

std::string connect_code_name(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::CANCELLED:
      return "canceled";
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "invalid_argument";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "deadline_exceeded";
    case grpc::StatusCode::NOT_FOUND:
      return "not_found";
    case grpc::StatusCode::ALREADY_EXISTS:
      return "already_exists";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "permission_denied";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "resource_exhausted";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "failed_precondition";
    case grpc::StatusCode::ABORTED:
      return "aborted";
    case grpc::StatusCode::OUT_OF_RANGE:
      return "out_of_range";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "unimplemented";
    case grpc::StatusCode::INTERNAL:
      return "internal";
    case grpc::StatusCode::UNAVAILABLE:
      return "unavailable";
    case grpc::StatusCode::DATA_LOSS:
      return "data_loss";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "unauthenticated";
    default:
      return "unknown";
  }
}

unsigned connect_http_status(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::CANCELLED:
      return 499;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
      return 400;
    case grpc::StatusCode::UNAUTHENTICATED:
      return 401;
    case grpc::StatusCode::PERMISSION_DENIED:
      return 403;
    case grpc::StatusCode::NOT_FOUND:
      return 404;
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::ABORTED:
      return 409;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return 429;
    case grpc::StatusCode::UNIMPLEMENTED:
      return 501;
    case grpc::StatusCode::UNAVAILABLE:
      return 503;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return 504;
    default:
      return 500;
  }
}

HttpResponse connect_error(grpc::StatusCode code, const v1::ErrorDetail& detail, unsigned http_status) {
  google::protobuf::Struct debug;
  (*debug.mutable_fields())["reason"].set_string_value(detail.reason());
  (*debug.mutable_fields())["message"].set_string_value(detail.message());
  (*debug.mutable_fields())["hint"].set_string_value(detail.hint());

  // The Connect protocol leaves the padding of base64 away.
  std::string value = absl::Base64Escape(detail.SerializeAsString());
  while (!value.empty() && value.back() == '=') value.pop_back();

  google::protobuf::Struct error;
  (*error.mutable_fields())["code"].set_string_value(connect_code_name(code));
  (*error.mutable_fields())["message"].set_string_value(detail.message());
  auto& entry = *(*error.mutable_fields())["details"].mutable_list_value()->add_values()->mutable_struct_value();
  (*entry.mutable_fields())["type"].set_string_value(detail.GetDescriptor()->full_name());
  (*entry.mutable_fields())["value"].set_string_value(value);
  *(*entry.mutable_fields())["debug"].mutable_struct_value() = debug;

  HttpResponse response;
  response.status = http_status == 0 ? connect_http_status(code) : http_status;
  response.headers.emplace_back("Content-Type", "application/json");
  if (!google::protobuf::util::MessageToJsonString(error, &response.body).ok())
    response.body = "{\"code\":\"internal\"}";
  return response;
}

HttpResponse connect_error(const absl::Status& status, unsigned http_status) {
  return connect_error(static_cast<grpc::StatusCode>(status.code()), to_error_detail(status), http_status);
}

}  // namespace tinyrig::api
