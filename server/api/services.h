// The API's services, made here, one implementation file each (gRPC's headers are slow to compile).
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "server/api/service_context.h"

namespace tinyrig::api {

// `context` must outlive what they give.
std::unique_ptr<grpc::Service> make_access_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_admin_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_board_access_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_board_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_model_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_job_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_run_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_leaderboard_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_energy_trace_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_event_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_system_service(ServiceContext& context);

}  // namespace tinyrig::api
