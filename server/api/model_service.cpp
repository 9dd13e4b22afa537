// ModelService: content-addressed models with names. The upload itself is model_upload.cpp.
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "server/api/model_request_rules.h"
#include "server/api/model_upload.h"
#include "server/api/services.h"
#include "server/api/unary.h"
#include "server/base/status_macros.h"
#include "server/boards/board_directory.h"
#include "server/inspect/inspect.h"
#include "server/store/store.h"
#include "tinyrig/v1/model.grpc.pb.h"

namespace tinyrig::api {
namespace {

class ModelService final : public v1::ModelService::CallbackService {
 public:
  explicit ModelService(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetUploadStatus(grpc::CallbackServerContext* call,
                                            const v1::GetUploadStatusRequest* request,
                                            v1::GetUploadStatusResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_RETURN_IF_ERROR(check_digest(request->sha256()));
      const auto known = context_.store.find_model(request->sha256());
      if (known.ok()) {
        response->set_complete(true);
        response->set_received_bytes(known->size_bytes());
        return absl::OkStatus();
      }
      if (!absl::IsNotFound(known.status())) return known.status();
      response->set_received_bytes(context_.uploads.received_bytes(request->sha256()));
      return absl::OkStatus();
    });
  }

  grpc::ServerReadReactor<v1::UploadModelRequest>* UploadModel(grpc::CallbackServerContext* call,
                                                               v1::UploadModelResponse* response) override {
    return start_model_upload(call, context_, response);
  }

  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* call, const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override {
    return answer(call, context_, request, response, [this, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(auto models, context_.store.list_models());
      for (v1::Model& model : models) *response->add_models() = std::move(model);
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* call, const v1::GetModelRequest* request,
                                     v1::GetModelResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(*response->mutable_model(), context_.store.find_model(request->model()));
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* InspectModel(grpc::CallbackServerContext* call, const v1::InspectModelRequest* request,
                                         v1::InspectModelResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(const v1::Model model, context_.store.find_model(request->model()));
      const std::vector<std::string> ids(request->board_types().begin(), request->board_types().end());
      TINYRIG_ASSIGN_OR_RETURN(const auto types, inspect::choose_types(context_.boards.types(), ids));
      TINYRIG_ASSIGN_OR_RETURN(const std::string bytes, context_.store.model_bytes(model.sha256()));
      const std::span file(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      TINYRIG_ASSIGN_OR_RETURN(auto inspections, inspect::inspect_model(model.name(), file, types));
      for (v1::Inspection& inspection : inspections) *response->add_inspections() = std::move(inspection);
      return absl::OkStatus();
    });
  }

 private:
  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_model_service(ServiceContext& context) {
  return std::make_unique<ModelService>(context);
}

}  // namespace tinyrig::api
