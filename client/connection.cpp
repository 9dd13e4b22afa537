#include "client/connection.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstdio>
#include <utility>

#include "client/table.h"
#include "tinyrig/v1/common.pb.h"

namespace tinyrig::client {
namespace {

constexpr char kErrorTrailer[] = "tinyrig-error-bin";

ExitCode exit_code_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DATA_LOSS:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::UNIMPLEMENTED:
      return kUnavailable;
    default:
      return kRefused;
  }
}

std::shared_ptr<grpc::Channel> open_channel(const std::string& server) {
  grpc::ChannelArguments arguments;
  // A slow terminal must not leave megabytes of old progress in flight.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 64 * 1024);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetMaxReceiveMessageSize(256 * 1024 * 1024);  // an export has every sample
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Failure failure_of(const grpc::Status& status, const grpc::ClientContext& context, const std::string& server) {
  Failure failure;
  failure.code = exit_code_of(status.error_code());
  v1::ErrorDetail detail;
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto trailer = trailers.find(kErrorTrailer);
  if (trailer != trailers.end() &&
      detail.ParseFromArray(trailer->second.data(), static_cast<int>(trailer->second.size()))) {
    failure.reason = detail.reason();
    failure.message = detail.message();
    failure.hint = detail.hint();
  } else if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    failure.reason = "SERVER_UNREACHABLE";
    failure.message = "cannot reach tinyrigd at " + server + " (" + status.error_message() + ")";
    failure.hint = "start tinyrigd (./rig demo), or name its address with --server HOST:PORT or TINYRIG_SERVER";
  } else {
    failure.reason = "SERVER_FAILED";
    failure.message = "the server at " + server + " answered: " + status.error_message();
  }
  return failure;
}

ExitCode report(const Failure& failure) {
  std::fprintf(stderr, "tinyrig: %s", printable(failure.message).c_str());
  if (!failure.reason.empty()) std::fprintf(stderr, " [%s]", printable(failure.reason).c_str());
  std::fprintf(stderr, "\n");
  if (!failure.hint.empty()) std::fprintf(stderr, "  hint: %s\n", printable(failure.hint).c_str());
  return failure.code;
}

ExitCode report_usage(const std::string& message, const std::string& hint) {
  Failure failure;
  failure.code = kUsage;
  failure.message = message;
  failure.hint = hint;
  return report(failure);
}

Connection::Connection(std::string server) : server_(std::move(server)), channel_(open_channel(server_)) {}

std::string to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.add_whitespace = true;
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!printed.ok()) return "{}\n";
  if (json.empty() || json.back() != '\n') json += '\n';
  return json;
}

bool print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) std::perror("tinyrig: cannot write to stdout");
  return written;
}

}  // namespace tinyrig::client
