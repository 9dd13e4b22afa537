// One UploadModel call: header, chunks, digest, parse, register. Nothing of it is visible before all of it
// holds; what has come of an interrupted one stays in the upload area.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "server/api/service_context.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::api {

/// The reactor for the call; it deletes itself when gRPC is done with it.
grpc::ServerReadReactor<v1::UploadModelRequest>* start_model_upload(grpc::CallbackServerContext* call,
                                                                    ServiceContext& context,
                                                                    v1::UploadModelResponse* response);

}  // namespace tinyrig::api
