#include "server/api/grpc_listener.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdlib>
#include <utility>

#include "server/api/call_meter.h"
#include "server/api/grpc_credentials.h"
#include "server/api/http/listen_address.h"
#include "server/base/error.h"

namespace tinyrig::api {
namespace {

constexpr int kMaxMessageBytes = 1024 * 1024;  // of requests; models come in chunks
constexpr int kMaxMetadataBytes = 16 * 1024;   // headers of one call
constexpr int kMaxStreamsPerConnection = 256;

// gRPC only says that it could not listen; the kernel says why.
absl::Status why_not(const std::string& listen, const ListenAddress& address) {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address.host == "localhost" ? "127.0.0.1" : address.host, error);
  if (!error) {
    tcp::acceptor probe(context);
    probe.open(ip.is_v6() ? tcp::v6() : tcp::v4(), error);
    if (!error) probe.bind(tcp::endpoint(ip, address.port), error);
  }
  if (error == boost::asio::error::address_in_use || !error) return port_in_use("gRPC", listen);
  return make_error(absl::StatusCode::kUnavailable, "ADDRESS_UNUSABLE",
                    "gRPC cannot listen on " + listen + ": " + error.message(),
                    "choose an address of this machine and a port that this user may open");
}

// gRPC writes lines of its own to stderr for every handshake that fails: whoever reaches the port could fill the log.
// What matters comes as a status. Who looks for errors in gRPC itself asks for its log.
void silence_grpc() {
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace

absl::StatusOr<GrpcListener> start_grpc(const std::string& listen,
                                        const std::vector<std::unique_ptr<grpc::Service>>& services,
                                        const std::shared_ptr<const tls::CurrentIdentity>& identity,
                                        std::chrono::milliseconds handshake_timeout, ApiObserver* observer) {
  const auto address = parse_listen_address(listen);
  if (!address.ok()) return address.status();

  silence_grpc();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  // With it on, a second daemon on the same port would start and steal calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, static_cast<int>(handshake_timeout.count()));
  // A client whose machine vanished is noticed, and its streams end.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  int port = -1;
  GrpcListener listener;
  listener.credentials = identity == nullptr ? grpc::InsecureServerCredentials() : tls_credentials(identity);
  builder.AddListeningPort(listen, listener.credentials, &port);
  for (const auto& service : services) builder.RegisterService(service.get());
  if (observer != nullptr) {
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> meters;
    meters.push_back(make_call_meter(*observer));
    builder.experimental().SetInterceptorCreators(std::move(meters));
  }

  listener.server = builder.BuildAndStart();
  if (listener.server == nullptr || port <= 0) return why_not(listen, *address);
  listener.port = static_cast<std::uint16_t>(port);
  listener.server->GetHealthCheckService()->SetServingStatus(true);
  return listener;
}

}  // namespace tinyrig::api
