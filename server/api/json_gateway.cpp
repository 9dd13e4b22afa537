#include "server/api/json_gateway.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/client_context.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <charconv>
#include <utility>

#include "server/api/error_mapping.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"

namespace tinyrig::api {
namespace {

constexpr char kServicePrefix[] = "tinyrig.v1.";

// Everything of one call on its way; deleted by its completion.
struct CallInFlight {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  const google::protobuf::Descriptor* response_type = nullptr;
  HttpReply reply;
};

std::unique_ptr<google::protobuf::Message> make_message(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

HttpResponse answer_of(CallInFlight& call, const grpc::Status& status) {
  if (!status.ok()) {
    v1::ErrorDetail detail;
    const auto& trailers = call.context.GetServerTrailingMetadata();
    const auto trailer = trailers.find(kErrorTrailer);
    const bool typed = trailer != trailers.end() &&
                       detail.ParseFromArray(trailer->second.data(), static_cast<int>(trailer->second.size()));
    if (!typed) {
      detail =
          to_error_detail(absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()));
    }
    return connect_error(status.error_code(), detail);
  }
  const auto message = make_message(call.response_type);
  const grpc::Status parsed =
      grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(&call.response, message.get());
  absl::StatusOr<std::string> json =
      parsed.ok() ? to_json(*message) : absl::InternalError("the response is no valid message");
  if (!json.ok()) return connect_error(json.status());
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(*json);
  return response;
}

}  // namespace

absl::StatusOr<JsonCall> parse_json_call(const HttpRequest& request) {
  JsonCall call;
  const std::string path = request.path.empty() ? std::string() : request.path.substr(1);
  if (const auto slash = path.find('/');
      slash != std::string::npos && path.compare(0, sizeof(kServicePrefix) - 1, kServicePrefix) == 0) {
    std::string name = path;
    name[slash] = '.';
    call.method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  }
  if (call.method == nullptr) {
    return make_error(absl::StatusCode::kUnimplemented, "METHOD_UNKNOWN",
                      "there is no method \"" + clean_text(path, 100) + "\"",
                      "methods are tinyrig.v1.SERVICE/METHOD as in proto/tinyrig/v1");
  }
  if (call.method->client_streaming() || call.method->server_streaming()) {
    return make_error(absl::StatusCode::kUnimplemented, "METHOD_STREAMS",
                      call.method->full_name() + " streams, which JSON over HTTP does not",
                      "use gRPC, or the WebSocket /ws for live events");
  }
  for (const char* header : {"content-encoding", "connect-content-encoding"}) {
    const std::string* encoding = request.header(header);
    if (encoding != nullptr && !encoding->empty() && *encoding != "identity") {
      return make_error(absl::StatusCode::kUnimplemented, "ENCODING_UNSUPPORTED",
                        "the encoding \"" + clean_text(*encoding, 40) + "\" is not supported",
                        "send the body uncompressed");
    }
  }
  if (const std::string* timeout = request.header("connect-timeout-ms")) {
    std::int64_t milliseconds = 0;
    const char* end = timeout->data() + timeout->size();
    const auto [parsed_to, error] = std::from_chars(timeout->data(), end, milliseconds);
    if (error != std::errc() || parsed_to != end || milliseconds <= 0 || timeout->size() > 10) {
      return make_error(absl::StatusCode::kInvalidArgument, "TIMEOUT_INVALID",
                        "Connect-Timeout-Ms is \"" + clean_text(*timeout, 40) + "\"",
                        "give a positive number of milliseconds of at most ten digits");
    }
    call.timeout = std::min(call.timeout, std::chrono::milliseconds(milliseconds));
  }

  call.request = make_message(call.method->input_type());
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      request.body.empty() ? std::string("{}") : request.body, call.request.get(), options);
  if (!parsed.ok()) {
    return make_error(absl::StatusCode::kInvalidArgument, "JSON_INVALID",
                      "the body is no " + call.method->input_type()->full_name() + ": " +
                          clean_text(std::string(parsed.message().data(), parsed.message().size()), 400),
                      "send the message's fields as a JSON object");
  }
  return call;
}

absl::StatusOr<std::string> to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!printed.ok()) return absl::InternalError("the response cannot be printed as JSON");
  return json;
}

JsonGateway::JsonGateway(std::shared_ptr<grpc::Channel> channel) : channel_(std::move(channel)), stub_(channel_) {}

JsonGateway::~JsonGateway() {
  std::unique_lock lock(mutex_);
  all_ended_.wait(lock, [this] { return calls_in_flight_ == 0; });
}

void JsonGateway::call(const HttpRequest& request, const std::string& authorization, HttpReply reply) {
  absl::StatusOr<JsonCall> parsed = parse_json_call(request);
  if (!parsed.ok()) {
    const bool unknown = reason_of(parsed.status()) == "METHOD_UNKNOWN";
    return reply(connect_error(parsed.status(), unknown ? 404 : 0));
  }
  auto call = std::make_unique<CallInFlight>();
  call->response_type = parsed->method->output_type();
  call->reply = std::move(reply);
  if (!authorization.empty()) call->context.AddMetadata("authorization", authorization);
  call->context.set_deadline(std::chrono::system_clock::now() + parsed->timeout);
  bool own_buffer = false;
  const grpc::Status serialized = grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(
      *parsed->request, &call->request, &own_buffer);
  if (!serialized.ok()) return call->reply(connect_error(absl::InternalError("the request cannot be serialized")));
  const std::string method = "/" + parsed->method->service()->full_name() + "/" + parsed->method->name();
  {
    const std::lock_guard lock(mutex_);
    ++calls_in_flight_;
  }
  CallInFlight* in_flight = call.release();
  stub_.UnaryCall(&in_flight->context, method, grpc::StubOptions(), &in_flight->request, &in_flight->response,
                  [this, in_flight](grpc::Status status) {
                    const HttpReply answer_to = std::move(in_flight->reply);
                    HttpResponse answer = answer_of(*in_flight, status);
                    delete in_flight;
                    answer_to(std::move(answer));
                    const std::lock_guard lock(mutex_);
                    if (--calls_in_flight_ == 0) all_ended_.notify_all();
                  });
}

}  // namespace tinyrig::api
