#include "server/api/api_server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>

#include <mutex>
#include <utility>

#include "absl/time/clock.h"
#include "server/api/exposure.h"
#include "server/api/grpc_listener.h"
#include "server/api/http/http_server.h"
#include "server/api/json_gateway.h"
#include "server/api/live_streams.h"
#include "server/api/metered_application.h"
#include "server/api/service_context.h"
#include "server/api/services.h"
#include "server/api/upload_area.h"
#include "server/api/web_application.h"
#include "server/base/status_macros.h"

namespace tinyrig::api {

class ApiServer::Impl {
 public:
  Impl(ApiConfig config, const ApiDependencies& dependencies, std::unique_ptr<UploadArea> uploads)
      : uploads_(std::move(uploads)),
        context_{std::move(config),  dependencies.store,  dependencies.jobs,
                 dependencies.holds, dependencies.events, dependencies.boards,
                 dependencies.desk,  dependencies.access, dependencies.executor,
                 streams_,           *uploads_,           absl::Now()},
        telemetry_(dependencies.telemetry) {
    context_.access.tokens().on_revoked([streams = streams_](const std::string& id) { streams->end_of_token(id); });
    services_.push_back(make_access_service(context_));
    services_.push_back(make_admin_service(context_));
    services_.push_back(make_board_access_service(context_));
    services_.push_back(make_board_service(context_));
    services_.push_back(make_model_service(context_));
    services_.push_back(make_job_service(context_));
    services_.push_back(make_run_service(context_));
    services_.push_back(make_leaderboard_service(context_));
    services_.push_back(make_energy_trace_service(context_));
    services_.push_back(make_event_service(context_));
    services_.push_back(make_system_service(context_));
  }

  absl::Status listen() {
    const ApiConfig& config = context_.config;
    TINYRIG_RETURN_IF_ERROR(check_exposure({.addresses = {config.grpc_listen, config.http_listen},
                                            .tls = config.identity != nullptr,
                                            .tokens = context_.access.tokens_required(),
                                            .unprotected_allowed = config.unprotected_network_allowed}));
    TINYRIG_ASSIGN_OR_RETURN(grpc_, start_grpc(config.grpc_listen, services_, config.identity, config.handshake_timeout,
                                               telemetry_.observer));
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);  // from ourselves
    gateway_ = std::make_unique<JsonGateway>(grpc_.server->InProcessChannel(arguments));
    application_ = std::make_unique<WebApplication>(
        AccessRules{.allowed_hosts = config.allowed_hosts, .identity = config.identity}, context_, *gateway_,
        StaticFiles(config.web_dir), telemetry_);
    metered_ = std::make_unique<MeteredApplication>(*application_, telemetry_.observer);
    TINYRIG_ASSIGN_OR_RETURN(
        http_, HttpServer::start(config.http_listen, {.handshake_timeout = config.handshake_timeout}, *metered_,
                                 context_.executor, config.identity));
    show_readiness();
    return absl::OkStatus();
  }

  void show_readiness() {
    const bool ready = !telemetry_.readiness || telemetry_.readiness().ok();
    const std::unique_lock lock(stop_mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return;  // it stops, and waits for the thread that we are on
    if (!stopped_) grpc_.server->GetHealthCheckService()->SetServingStatus(ready);
  }

  std::uint16_t grpc_port() const { return grpc_.port; }
  std::uint16_t http_port() const { return http_->port(); }

  void stop(std::chrono::milliseconds grace) {
    const std::lock_guard lock(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    if (http_ != nullptr) http_->begin_stop();
    if (grpc_.server != nullptr) {
      grpc_.server->GetHealthCheckService()->Shutdown();
      streams_->end_all();
      grpc_.server->Shutdown(std::chrono::system_clock::now() + grace);
    }
    if (http_ != nullptr) http_->finish_stop();
    http_.reset();
    metered_.reset();
    application_.reset();
    gateway_.reset();
    grpc_.server.reset();
  }

 private:
  std::unique_ptr<UploadArea> uploads_;
  const std::shared_ptr<LiveStreams> streams_ = std::make_shared<LiveStreams>();
  ServiceContext context_;
  const Telemetry telemetry_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  GrpcListener grpc_;
  std::unique_ptr<JsonGateway> gateway_;
  std::unique_ptr<WebApplication> application_;
  std::unique_ptr<MeteredApplication> metered_;
  std::unique_ptr<HttpServer> http_;
  std::mutex stop_mutex_;
  bool stopped_ = false;  // guarded by stop_mutex_
};

absl::StatusOr<std::unique_ptr<ApiServer>> ApiServer::start(ApiConfig config, ApiDependencies dependencies) {
  TINYRIG_ASSIGN_OR_RETURN(auto uploads, UploadArea::open(config.data_dir / "uploads"));
  auto impl = std::make_unique<Impl>(std::move(config), dependencies, std::move(uploads));
  if (const absl::Status listening = impl->listen(); !listening.ok()) {
    impl->stop(std::chrono::milliseconds(0));
    return listening;
  }
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(impl)));
}

ApiServer::ApiServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ApiServer::~ApiServer() { stop(); }

std::uint16_t ApiServer::grpc_port() const { return impl_->grpc_port(); }

std::uint16_t ApiServer::http_port() const { return impl_->http_port(); }

void ApiServer::show_readiness() { impl_->show_readiness(); }

void ApiServer::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

}  // namespace tinyrig::api
