// tinyrig energy: what a run took, and the recording that says so.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client/commands.h"
#include "client/energy_text.h"
#include "client/format.h"
#include "client/interrupt.h"
#include "client/partial_file.h"
#include "client/percent_progress.h"
#include "client/table.h"
#include "tinyrig/v1/run.grpc.pb.h"

namespace tinyrig::client {
namespace {

// Some seconds of a fast instrument: what is shorter is there before anybody wonders.
constexpr std::uint64_t kProgressFromBytes = 8 * 1024 * 1024;
constexpr char kWhereToWrite[] = "check folder and room";

ExitCode broken_capture(const std::string& what) {
  return report({kUnavailable, "CAPTURE_BROKEN", what, "try again; nothing was written"});
}

// What the words of the recording are, for whoever reads them later.
std::string capture_json(const std::string& run_id, const v1::EnergyCapture& capture) {
  v1::ExportCaptureRequest run;
  run.set_run_id(run_id);
  return "{\"run\": " + to_json(run) + ", \"capture\": " + to_json(capture) + "}\n";
}

// Both files of an export. The recording gets its name last: where it is, what it is stands beside it.
class CaptureFiles {
 public:
  explicit CaptureFiles(const std::string& path) : words_(path), described_(path + ".json") {}

  std::string open() {
    std::string problem = words_.open();
    return problem.empty() ? described_.open() : problem;
  }
  std::string write(std::string_view bytes) { return words_.write(bytes); }
  std::string keep(const std::string& json) {
    std::string problem = words_.close();
    if (problem.empty()) problem = described_.write(json);
    if (problem.empty()) problem = described_.close();
    if (problem.empty()) problem = described_.keep();
    return problem.empty() ? words_.keep() : problem;
  }

 private:
  PartialFile words_;
  PartialFile described_;
};

// What came of the stream, beside how the call itself ended.
struct Received {
  v1::EnergyCapture capture;
  bool begun = false;
  std::uint64_t bytes = 0;
  std::string broken;     // the server's parts make no recording
  std::string unwritten;  // a file could not be written
};

Received receive(grpc::ClientReader<v1::ExportCaptureResponse>& stream, CaptureFiles& files) {
  Received received;
  std::optional<PercentProgress> progress;
  v1::ExportCaptureResponse part;
  while (stream.Read(&part)) {
    if (part.has_capture() == received.begun) {
      received.broken = received.begun ? "the server began the recording twice" : "the server left out what it sends";
      return received;
    }
    if (part.has_capture()) {
      received.capture = std::move(*part.mutable_capture());
      received.begun = true;
      if (received.capture.size_bytes() >= kProgressFromBytes) progress.emplace("receiving");
      continue;
    }
    received.bytes += part.data().size();
    if (received.bytes > received.capture.size_bytes()) {
      received.broken =
          "the server sent more than the " + grouped(received.capture.size_bytes()) + " bytes it announced";
      return received;
    }
    received.unwritten = files.write(part.data());
    if (!received.unwritten.empty()) return received;
    if (progress.has_value()) progress->show(received.bytes, received.capture.size_bytes());
  }
  return received;
}

std::string exported_text(const EnergyExportOptions& options, const v1::EnergyCapture& capture) {
  return printable(options.output_file + ": " + grouped(capture.size_bytes()) + " bytes of " + capture.format() + ", " +
                   grouped(capture.samples_per_second()) + " samples/s at " + std::to_string(capture.supply_mv()) +
                   " mV, " + microseconds(static_cast<double>(capture.host_us())) + " by the host's clock; what they " +
                   "are: " + options.output_file + ".json") +
         "\n";
}

}  // namespace

ExitCode energy_show(const GlobalOptions& global, const std::string& run_id) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::RunService>();
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  v1::GetRunResponse response;
  const ExitCode called = connection.call(*stub, &v1::RunService::Stub::GetRun, request, &response);
  if (called != kOk) return called;
  if (!response.run().result().has_energy()) {
    const EnergyMissing missing = energy_missing(response.run());
    return report({kRefused, "ENERGY_MISSING", missing.message, missing.hint});
  }
  if (!global.json) return print(energy_text(response.run())) ? kOk : kUnavailable;
  // What else was measured has commands of its own.
  response.mutable_run()->mutable_result()->clear_latency();
  response.mutable_run()->mutable_result()->clear_profile();
  response.mutable_run()->mutable_result()->clear_memory();
  return print(to_json(response)) ? kOk : kUnavailable;
}

ExitCode energy_export(const GlobalOptions& global, const EnergyExportOptions& options) {
  InterruptWatch interrupt;
  const Connection connection(global.server);
  CaptureFiles files(options.output_file);
  if (const std::string problem = files.open(); !problem.empty()) return report_usage(problem, kWhereToWrite);

  const auto stub = connection.stub<v1::RunService>();
  grpc::ClientContext context;
  v1::ExportCaptureRequest request;
  request.set_run_id(options.run_id);
  const auto stream = stub->ExportCapture(&context, request);
  interrupt.on_interrupt([&context] { context.TryCancel(); });
  const Received received = receive(*stream, files);
  if (!received.broken.empty() || !received.unwritten.empty()) context.TryCancel();
  const grpc::Status status = stream->Finish();
  interrupt.on_interrupt(nullptr);
  if (!received.unwritten.empty()) return report_usage(received.unwritten, kWhereToWrite);
  if (!received.broken.empty()) return broken_capture(received.broken);
  if (interrupt.interrupted()) {
    std::fprintf(stderr, "tinyrig: given up; nothing was written\n");
    return kDetached;
  }
  if (!status.ok()) return report(failure_of(status, context, connection.server()));
  if (!received.begun || received.bytes != received.capture.size_bytes()) {
    return broken_capture("the server sent " + grouped(received.bytes) + " of " +
                          grouped(received.capture.size_bytes()) + " bytes");
  }
  const std::string json = capture_json(options.run_id, received.capture);
  if (const std::string problem = files.keep(json); !problem.empty()) return report_usage(problem, kWhereToWrite);
  return print(global.json ? json : exported_text(options, received.capture)) ? kOk : kUnavailable;
}

}  // namespace tinyrig::client
