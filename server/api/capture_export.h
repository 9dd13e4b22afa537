// RunService.ExportCapture: a recording piece by piece, each when the one before has left.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <string>

#include "server/api/service_context.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::api {

/// Gives the reactor to return from the handler.
grpc::ServerWriteReactor<v1::ExportCaptureResponse>* export_capture(grpc::CallbackServerContext* call,
                                                                    ServiceContext& context,
                                                                    const v1::ExportCaptureRequest* request);

}  // namespace tinyrig::api
