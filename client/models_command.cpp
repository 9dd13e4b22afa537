// tinyrig models add | list | show.
#include "client/commands.h"
#include "client/format.h"
#include "client/model_upload.h"
#include "client/table.h"
#include "tinyrig/v1/model.grpc.pb.h"

namespace tinyrig::client {
namespace {

std::string shape(const v1::TensorInfo& tensor) {
  std::string text = tensor.type() + "[";
  for (int i = 0; i < tensor.shape_size(); ++i) text += (i == 0 ? "" : "x") + std::to_string(tensor.shape(i));
  return text + "]";
}

std::string tensors(const google::protobuf::RepeatedPtrField<v1::TensorInfo>& list) {
  std::string text;
  for (const v1::TensorInfo& tensor : list) text += (text.empty() ? "" : ", ") + shape(tensor);
  return text;
}

std::string description(const v1::Model& model) {
  std::string text = "model        " + printable(model.name()) + "\nsha256       " + model.sha256() +
                     "\nfile         " + bytes(model.size_bytes()) + "\ninputs       " + tensors(model.inputs()) +
                     "\noutputs      " + tensors(model.outputs()) + "\nMACs         " + grouped(model.macs()) +
                     "\nweights      " + bytes(model.weight_bytes()) + "\narena        at least " +
                     bytes(model.arena_lower_bound_bytes()) + "\nexpected     outputs for " +
                     std::to_string(model.expected_outputs_size()) + " inputs\nadded        " +
                     time(model.create_time()) + "\n";
  if (model.operators().empty()) return text;
  Table table({{"#", Table::Align::kRight},
               {"OPERATOR"},
               {"SHAPE"},
               {"MACS", Table::Align::kRight},
               {"WEIGHTS", Table::Align::kRight}});
  for (const v1::OperatorInfo& op : model.operators()) {
    table.add({std::to_string(op.index()), op.kind(), op.shape(), grouped(op.macs()), bytes(op.weight_bytes())});
  }
  return text + "\n" + table.text();
}

}  // namespace

ExitCode models_add(const GlobalOptions& global, const ModelsAddOptions& options) {
  const Connection connection(global.server);
  v1::UploadModelResponse response;
  const ModelFile file{.path = options.file, .name = options.name, .expected_path = options.expected_file};
  if (const ExitCode uploaded = upload_model(connection, file, &response); uploaded != kOk) return uploaded;
  const v1::Model& model = response.model();
  const std::string wanted = options.name.empty() ? model_name_of(options.file) : options.name;
  if (model.name() != wanted) {
    std::fprintf(stderr, "tinyrig: these bytes are model %s; the name %s is not used\n",
                 printable(model.name()).c_str(), printable(wanted).c_str());
  }
  if (global.json) return print(to_json(response)) ? kOk : kUnavailable;
  return print((response.already_present() ? "known already: " : "added: ") + printable(model.name()) + "  " +
               short_digest(model.sha256()) + "  " + bytes(model.size_bytes()) + ", " +
               std::to_string(model.operators_size()) + " operators, " + grouped(model.macs()) + " MACs, " +
               std::to_string(model.expected_outputs_size()) + " expected outputs\n")
             ? kOk
             : kUnavailable;
}

ExitCode models_list(const GlobalOptions& global) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::ModelService>();
  v1::ListModelsResponse response;
  const ExitCode called =
      connection.call(*stub, &v1::ModelService::Stub::ListModels, v1::ListModelsRequest(), &response);
  if (called != kOk) return called;
  if (global.json) return print(to_json(response)) ? kOk : kUnavailable;
  Table table({{"MODEL"},
               {"SHA256"},
               {"FILE", Table::Align::kRight},
               {"MACS", Table::Align::kRight},
               {"ARENA FROM", Table::Align::kRight},
               {"EXPECTED", Table::Align::kRight},
               {"ADDED"}});
  for (const v1::Model& model : response.models()) {
    table.add({model.name(), short_digest(model.sha256()), bytes(model.size_bytes()), grouped(model.macs()),
               bytes(model.arena_lower_bound_bytes()), std::to_string(model.expected_outputs_size()),
               time(model.create_time())});
  }
  return print(table.text()) ? kOk : kUnavailable;
}

ExitCode models_show(const GlobalOptions& global, const std::string& name) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::ModelService>();
  v1::GetModelRequest request;
  request.set_model(name);
  v1::GetModelResponse response;
  const ExitCode called = connection.call(*stub, &v1::ModelService::Stub::GetModel, request, &response);
  if (called != kOk) return called;
  return print(global.json ? to_json(response) : description(response.model())) ? kOk : kUnavailable;
}

}  // namespace tinyrig::client
