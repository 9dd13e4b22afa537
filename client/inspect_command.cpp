// tinyrig inspect: of a file here, without a server; of a registered model by the server.
#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "client/commands.h"
#include "client/inspection_text.h"
#include "client/model_upload.h"
#include "server/base/error.h"
#include "server/boards/builtin_catalog.h"
#include "server/inspect/inspect.h"
#include "tinyrig/v1/model.grpc.pb.h"

namespace tinyrig::client {
namespace {

ExitCode report_status(const absl::Status& status, ExitCode code) {
  return report({code, reason_of(status), std::string(status.message()), hint_of(status)});
}

ExitCode inspect_file(const InspectOptions& options, v1::InspectModelResponse* response) {
  std::string file;
  if (const ExitCode read = read_file(options.model, &file); read != kOk) return read;
  const auto catalog = options.catalog.empty() ? boards::builtin_catalog() : boards::load_catalog(options.catalog);
  if (!catalog.ok()) return report_status(catalog.status(), kUsage);
  const auto types = inspect::choose_types(boards::types_with_agent(*catalog), options.board_types);
  if (!types.ok()) return report_status(types.status(), kRefused);
  const std::span tflite(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  auto inspections = inspect::inspect_model(model_name_of(options.model), tflite, *types);
  if (!inspections.ok()) return report_status(inspections.status(), kRefused);
  for (v1::Inspection& inspection : *inspections) *response->add_inspections() = std::move(inspection);
  return kOk;
}

ExitCode inspect_registered(const GlobalOptions& global, const InspectOptions& options,
                            v1::InspectModelResponse* response) {
  if (!options.catalog.empty()) {
    return report_usage("--catalog is for .tflite files; of a registered model the server asks its own catalog");
  }
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::ModelService>();
  v1::InspectModelRequest request;
  request.set_model(options.model);
  for (const std::string& type : options.board_types) request.add_board_types(type);
  return connection.call(*stub, &v1::ModelService::Stub::InspectModel, request, response);
}

// What was named must hold it all; of a survey one type is enough.
ExitCode verdict(const InspectOptions& options, const v1::InspectModelResponse& response) {
  if (std::ranges::any_of(response.inspections(), is_refused)) return kRefused;
  int fitting = 0;
  for (const v1::Inspection& inspection : response.inspections()) fitting += inspection.fits() ? 1 : 0;
  const int wanted =
      options.board_types.empty() ? std::min(1, response.inspections_size()) : response.inspections_size();
  return fitting >= wanted ? kOk : kNotSucceeded;
}

}  // namespace

ExitCode inspect_model(const GlobalOptions& global, const InspectOptions& options) {
  v1::InspectModelResponse response;
  const ExitCode inspected =
      is_model_file(options.model) ? inspect_file(options, &response) : inspect_registered(global, options, &response);
  if (inspected != kOk) return inspected;
  std::string text;
  if (global.json) {
    text = to_json(response);
  } else if (response.inspections_size() == 1) {
    text = inspection_text(response.inspections(0));
  } else {
    text = fit_text(response);
  }
  return print(text) ? verdict(options, response) : kUnavailable;
}

}  // namespace tinyrig::client
