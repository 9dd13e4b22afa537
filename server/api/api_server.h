// Both faces of the daemon in one object: gRPC (with health and reflection) and HTTP (JSON calls in the
// shape of the Connect protocol, live events over a WebSocket, the dashboard's files).
//
// Threads: gRPC's callback threads only validate and post; all work runs on `executor`, which must have
// running threads from start() until stop() has returned. start() and stop() belong to one thread that is
// none of the executor's.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/api/telemetry.h"

namespace tinyrig::access {
class AccessControl;
}
namespace tinyrig::store {
class Store;
}
namespace tinyrig::jobs {
class HoldBook;
class JobQueue;
}  // namespace tinyrig::jobs
namespace tinyrig::events {
class EventBus;
}
namespace tinyrig::boards {
class BoardDirectory;
class VisitDesk;
}  // namespace tinyrig::boards

namespace tinyrig::tls {
class CurrentIdentity;
}

namespace tinyrig::api {

struct ApiConfig {
  // HOST:PORT; port 0 takes a free one (see ApiServer::grpc_port()).
  std::string grpc_listen = "127.0.0.1:50051";
  std::string http_listen = "127.0.0.1:8080";
  // Interrupted uploads live in data_dir/uploads.
  std::filesystem::path data_dir;
  // The built dashboard (web/dist). Missing: "/" answers with a page that says how to build it.
  std::filesystem::path web_dir;
  // Host names beyond the loopback ones under which browsers may address the HTTP face.
  std::vector<std::string> allowed_hosts;
  std::string server_version;
  // Of both faces; null: no TLS.
  std::shared_ptr<const tls::CurrentIdentity> identity = nullptr;
  // Addresses beyond loopback are taken whatever protects them (exposure.h).
  bool unprotected_network_allowed = false;
  // For a TLS handshake, and for the first bytes of HTTP/2.
  std::chrono::milliseconds handshake_timeout{10'000};
};

// What the services work with. All must outlive the ApiServer.
struct ApiDependencies {
  store::Store& store;
  jobs::JobQueue& jobs;
  jobs::HoldBook& holds;
  events::EventBus& events;
  boards::BoardDirectory& boards;
  boards::VisitDesk& desk;
  access::AccessControl& access;
  boost::asio::any_io_executor executor;
  Telemetry telemetry = {};
};

class ApiServer {
 public:
  /// Listens on both addresses; serves from then on.
  /// UNAVAILABLE (PORT_IN_USE, ADDRESS_UNUSABLE): names the address. INVALID_ARGUMENT
  /// (LISTEN_ADDRESS_INVALID). FAILED_PRECONDITION (NETWORK_UNPROTECTED): exposure.h. INTERNAL (DATA_DIR_UNUSABLE):
  /// uploads/ cannot be made.
  static absl::StatusOr<std::unique_ptr<ApiServer>> start(ApiConfig config, ApiDependencies dependencies);

  /// Calls stop().
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  std::uint16_t grpc_port() const;
  std::uint16_t http_port() const;

  /// Has gRPC's health say whether the daemon is ready, as GET /readyz does. Call it every second from a timer.
  void show_readiness();

  /// Takes no new calls, ends live streams and WebSockets, lets unary calls finish until `grace` has
  /// passed, cancels the rest. Returns when nothing of this object runs any more. May be called twice.
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(2000));

 private:
  class Impl;
  explicit ApiServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tinyrig::api
