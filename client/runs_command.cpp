// tinyrig run show, tinyrig export.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "client/commands.h"
#include "client/run_text.h"
#include "tinyrig/v1/run.grpc.pb.h"

namespace tinyrig::client {

ExitCode run_show(const GlobalOptions& global, const std::string& run_id) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::RunService>();
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  v1::GetRunResponse response;
  const ExitCode called = connection.call(*stub, &v1::RunService::Stub::GetRun, request, &response);
  if (called != kOk) return called;
  return print(global.json ? to_json(response) : run_text(response.run())) ? kOk : kUnavailable;
}

ExitCode export_run(const GlobalOptions& global, const ExportOptions& options) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::RunService>();
  std::string content;
  if (options.format == "trace" || options.format == "csv") {
    v1::ExportProfileRequest request;
    request.set_run_id(options.run_id);
    request.set_format(options.format == "csv" ? v1::PROFILE_FORMAT_CSV : v1::PROFILE_FORMAT_CHROME_TRACE);
    v1::ExportProfileResponse response;
    const ExitCode called = connection.call(*stub, &v1::RunService::Stub::ExportProfile, request, &response);
    if (called != kOk) return called;
    content = global.json ? to_json(response) : std::move(*response.mutable_content());
  } else {
    v1::ExportRunRequest request;
    request.set_run_id(options.run_id);
    v1::ExportRunResponse response;
    const ExitCode called = connection.call(*stub, &v1::RunService::Stub::ExportRun, request, &response);
    if (called != kOk) return called;
    content = to_json(response);
  }
  if (options.output_file.empty()) return print(content) ? kOk : kUnavailable;
  std::ofstream file(options.output_file, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  if (!file) {
    return report_usage("cannot write " + options.output_file + ": " + std::strerror(errno), "check folder and room");
  }
  return kOk;
}

}  // namespace tinyrig::client
