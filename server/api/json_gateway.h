// Unary calls as JSON over HTTP, in the shape of the Connect protocol: POST /tinyrig.v1.JobService/GetJob.
// The method's descriptor says what to parse and print; the call itself goes through an in-process channel to
// the same service that gRPC clients talk to. No route is written by hand.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "server/api/http/http_message.h"

namespace tinyrig::api {

/// A call that was understood: nothing of it has run.
struct JsonCall {
  const google::protobuf::MethodDescriptor* method = nullptr;
  std::unique_ptr<google::protobuf::Message> request;
  // From the header Connect-Timeout-Ms.
  std::chrono::milliseconds timeout{30'000};
};

/// Hostile bytes in, call or error out; a pure function.
/// UNIMPLEMENTED (METHOD_UNKNOWN, METHOD_STREAMS), INVALID_ARGUMENT (JSON_INVALID, TIMEOUT_INVALID,
/// ENCODING_UNSUPPORTED).
absl::StatusOr<JsonCall> parse_json_call(const HttpRequest& request);

/// Protobuf's JSON with every field, also those that have their default: scripts need not know defaults.
absl::StatusOr<std::string> to_json(const google::protobuf::Message& message);

class JsonGateway {
 public:
  /// `channel` leads to the services.
  explicit JsonGateway(std::shared_ptr<grpc::Channel> channel);
  /// Waits for calls that are still on their way: end them first (by their deadline, or the server's shutdown). A call
  /// keeps the channel, and gRPC's own threads must not be the ones that let go of the last of it: they would have to
  /// wait for themselves, and gRPC 1.51 aborts.
  ~JsonGateway();
  JsonGateway(const JsonGateway&) = delete;
  JsonGateway& operator=(const JsonGateway&) = delete;

  /// Answers later, on a thread of gRPC's.
  /// `authorization`: with whose rights, as the services take it; empty: none.
  void call(const HttpRequest& request, const std::string& authorization, HttpReply reply);

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  std::mutex mutex_;
  std::condition_variable all_ended_;
  int calls_in_flight_ = 0;  // guarded by mutex_
};

}  // namespace tinyrig::api
