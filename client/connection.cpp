#include "client/connection.h"

#include <google/protobuf/util/json_util.h>
#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/client_interceptor.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "client/credentials.h"
#include "client/table.h"
#include "client/tls_failure.h"
#include "tinyrig/v1/common.pb.h"

namespace tinyrig::client {
namespace {

constexpr char kErrorTrailer[] = "tinyrig-error-bin";
constexpr std::string_view kTls = "https://";
constexpr std::string_view kPlain = "http://";

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

// Every call of a channel carries the token, whoever makes it.
class TokenInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit TokenInterceptor(const std::string& authorization) : authorization_(authorization) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(grpc::experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace("authorization", authorization_);
    }
    methods->Proceed();
  }

 private:
  const std::string& authorization_;
};

class TokenInterceptorFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenInterceptorFactory(const std::string& token) : authorization_("Bearer " + token) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(grpc::experimental::ClientRpcInfo*) override {
    return new TokenInterceptor(authorization_);  // gRPC's from here on
  }

 private:
  const std::string authorization_;
};

bool is_tls(const std::string& server) { return server.rfind(kTls, 0) == 0; }

std::string without_scheme(const std::string& server) {
  for (const std::string_view scheme : {kTls, kPlain}) {
    if (server.rfind(scheme, 0) == 0) return server.substr(scheme.size());
  }
  return server;
}

// A token is shown over TLS, or without leaving the machine.
bool may_show_token(const std::string& server) {
  if (is_tls(server)) return true;
  const std::string host = without_scheme(server);
  for (const std::string_view here : {"127.0.0.1:", "localhost:", "[::1]:", "unix:"}) {
    if (host.rfind(here, 0) == 0) return true;
  }
  return false;
}

std::shared_ptr<grpc::ChannelCredentials> credentials_of(const std::string& server, const tls::ClientPem& tls) {
  if (!is_tls(server)) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = tls.ca;
  options.pem_cert_chain = tls.certificate;
  options.pem_private_key = tls.key;
  return grpc::SslCredentials(options);
}

// What goes wrong is said in our words, once. Who looks for errors in gRPC itself asks for its own.
void silence_grpc() {
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
}

std::shared_ptr<grpc::Channel> open_channel(const std::string& server, const tls::ClientPem& tls,
                                            const std::string& token) {
  silence_grpc();
  grpc::ChannelArguments arguments;
  // A slow terminal must not leave megabytes of old progress in flight.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 64 * 1024);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetMaxReceiveMessageSize(256 * 1024 * 1024);  // an export has every sample
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  if (!token.empty() && may_show_token(server))
    interceptors.push_back(std::make_unique<TokenInterceptorFactory>(token));
  return grpc::experimental::CreateCustomChannelWithInterceptors(without_scheme(server), credentials_of(server, tls),
                                                                 arguments, std::move(interceptors));
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
    if (failure.reason == "TOKEN_MISSING" && !may_show_token(server)) {
      failure.hint = "tokens go over TLS alone: name the server as https://" + without_scheme(server);
    }
  } else if (auto tls = tls_failure(status, server); tls.has_value()) {
    failure = *std::move(tls);
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

std::string server_name(const ServerChoice& choice) {
  const bool tls = is_tls(choice.address) || !choice.tls.ca.empty();
  return (tls ? std::string(kTls) : std::string()) + without_scheme(choice.address);
}

Connection::Connection(const ServerChoice& choice) : Connection(choice, token_for(server_name(choice))) {}

Connection::Connection(const ServerChoice& choice, const std::string& token)
    : server_(server_name(choice)), channel_(open_channel(server_, choice.tls, token)) {}

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
