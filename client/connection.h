// The way to the server: one channel, a stub per service, and errors in the words that users get to read.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "client/exit_codes.h"
#include "server/tls/client_files.h"

namespace tinyrig::client {

/// What went wrong, for people, and the exit code that says so to scripts.
struct Failure {
  ExitCode code = kUnavailable;
  std::string reason;  // MODEL_UNKNOWN, SERVER_UNREACHABLE, ...
  std::string message;
  std::string hint;
};

/// Of a failed call; `context` is the call's.
Failure failure_of(const grpc::Status& status, const grpc::ClientContext& context, const std::string& server);

/// "tinyrig: message\n  hint\n" on stderr; gives the code to exit with.
ExitCode report(const Failure& failure);

/// A mistake in the command line or a local file.
ExitCode report_usage(const std::string& message, const std::string& hint = "");

/// Where tinyrigd is, and how to be sure of it.
struct ServerChoice {
  std::string address = "127.0.0.1:50051";  // HOST:PORT, or https://HOST:PORT
  // With a CA, or https://, the channel is TLS; without a CA it is one that the system trusts.
  tls::ClientPem tls;
};

/// One name for each server: HOST:PORT, and https://HOST:PORT under TLS.
std::string server_name(const ServerChoice& choice);

class Connection {
 public:
  /// Nothing is connected yet. Calls carry the token that there is for server_name() (credentials.h).
  explicit Connection(const ServerChoice& choice);
  /// With this token; empty: with none.
  Connection(const ServerChoice& choice, const std::string& token);

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  /// server_name().
  const std::string& server() const { return server_; }

  template <class Service>
  std::unique_ptr<typename Service::Stub> stub() const {
    return Service::NewStub(channel_);
  }

  /// One unary call: `(stub.*method)(context, request, response)`. What goes wrong is the caller's to tell.
  template <class Stub, class Method, class Request, class Response>
  std::optional<Failure> try_call(Stub& stub, Method method, const Request& request, Response* response) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    const grpc::Status status = (stub.*method)(&context, request, response);
    if (status.ok()) return std::nullopt;
    return failure_of(status, context, server_);
  }

  /// The same; reports what goes wrong.
  template <class Stub, class Method, class Request, class Response>
  ExitCode call(Stub& stub, Method method, const Request& request, Response* response) const {
    const std::optional<Failure> failure = try_call(stub, method, request, response);
    return failure.has_value() ? report(*failure) : kOk;
  }

 private:
  const std::string server_;
  const std::shared_ptr<grpc::Channel> channel_;
};

/// Protobuf's JSON with every field, indented, and a newline.
std::string to_json(const google::protobuf::Message& message);

/// Writes all of it to stdout; false (and said so) when nobody takes it.
bool print(const std::string& text);

}  // namespace tinyrig::client
