// tinyrig gate: from two models or two runs to a verdict, as exit code and report.
#include <cerrno>
#include <cstring>
#include <fstream>

#include "client/commands.h"
#include "client/gate_junit.h"
#include "client/gate_markdown.h"
#include "client/gate_measure.h"
#include "client/gate_text.h"
#include "client/model_upload.h"
#include "server/base/error.h"
#include "server/base/sha256.h"
#include "server/base/toml_reader.h"
#include "server/gate/compare.h"
#include "server/gate/report.h"
#include "tinyrig/v1/model.grpc.pb.h"
#include "tinyrig/v1/run.grpc.pb.h"

namespace tinyrig::client {
namespace {

constexpr ExitCode kUndecided = kRefused;
constexpr ExitCode kInvalid = kUnavailable;

ExitCode code_of(v1::GateVerdict verdict) {
  switch (verdict) {
    case v1::GATE_VERDICT_PASS:
    case v1::GATE_VERDICT_IMPROVEMENT:
      return kOk;
    case v1::GATE_VERDICT_REGRESSION:
      return kNotSucceeded;
    case v1::GATE_VERDICT_INCONCLUSIVE:
      return kUndecided;
    default:
      return kInvalid;
  }
}

ExitCode read_policy(const std::string& file, gate::Policy* policy) {
  *policy = gate::standard_policy();
  if (file.empty()) return kOk;
  const auto text = read_text_file(file, "POLICY_UNREADABLE");
  if (!text.ok()) return report({kUsage, reason_of(text.status()), std::string(text.status().message()), ""});
  auto parsed = gate::parse_policy(*text, file);
  if (!parsed.ok()) {
    return report({kUsage, reason_of(parsed.status()), std::string(parsed.status().message()),
                   "docs/gate.md describes the policy"});
  }
  *policy = *std::move(parsed);
  return kOk;
}

// Base and head are often files of one name, and a name belongs to its bytes: the digest is a part of it.
ExitCode upload_side(const Connection& connection, const std::string& path, v1::Model* model) {
  constexpr std::size_t kStemChars = 48, kDigestChars = 12;
  std::string bytes;
  if (const ExitCode read = read_file(path, &bytes); read != kOk) return read;
  const ModelFile file{
      .path = path,
      .name = model_name_of(path).substr(0, kStemChars) + "-" + sha256_hex(bytes).substr(0, kDigestChars),
      .expected_path = ""};
  v1::UploadModelResponse uploaded;
  const ExitCode done = upload_model(connection, file, &uploaded);
  *model = uploaded.model();
  return done;
}

ExitCode find_side(const Connection& connection, const std::string& name, v1::Model* model) {
  if (is_model_file(name)) return upload_side(connection, name, model);
  v1::GetModelRequest request;
  request.set_model(name);
  v1::GetModelResponse response;
  const auto stub = connection.stub<v1::ModelService>();
  const ExitCode called = connection.call(*stub, &v1::ModelService::Stub::GetModel, request, &response);
  *model = response.model();
  return called;
}

// Nothing passes without one; the report says so for each board.
void report_no_baseline(const GateOptions& options, std::vector<v1::GateComparison>* comparisons) {
  for (const std::string& board : options.boards) {
    comparisons->push_back(gate::without_baseline(board, options.runtime,
                                                  "there is no baseline: the server has no model " + options.base +
                                                      ", or refused it. Give the .tflite of before the change, or "
                                                      "register it: tinyrig models add FILE --name NAME"));
  }
}

ExitCode measure_models(const GlobalOptions& global, const Connection& connection, const GateOptions& options,
                        const gate::Policy& policy, InterruptWatch& interrupt,
                        std::vector<v1::GateComparison>* comparisons) {
  GatePlan plan{.base = {}, .head = {}, .boards = options.boards, .runtime = options.runtime, .policy = policy};
  const ExitCode head = find_side(connection, options.head, &plan.head);
  if (head == kRefused) return is_model_file(options.head) ? kInvalid : kUsage;  // of a file the server told why
  if (head != kOk) return head;
  const ExitCode base = find_side(connection, options.base, &plan.base);
  if (base == kRefused) {
    report_no_baseline(options, comparisons);
    return kOk;
  }
  if (base != kOk) return base;
  const ExitCode measured = measure_gate(global, connection, plan, interrupt, comparisons);
  return measured == kOk || measured == kDetached ? measured : kInvalid;
}

ExitCode get_run(const Connection& connection, const std::string& run_id, v1::Run* run) {
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  v1::GetRunResponse response;
  const auto stub = connection.stub<v1::RunService>();
  const ExitCode called = connection.call(*stub, &v1::RunService::Stub::GetRun, request, &response);
  *run = response.run();
  return called;
}

// Nothing is measured.
ExitCode compare_runs(const Connection& connection, const GateOptions& options, const gate::Policy& policy,
                      std::vector<v1::GateComparison>* comparisons) {
  v1::Run head;
  if (get_run(connection, options.head_run, &head) != kOk) return kInvalid;
  v1::Run base;
  const ExitCode found = get_run(connection, options.base_run, &base);
  if (found != kOk && found != kRefused) return found;
  comparisons->push_back(
      found == kOk ? gate::compare(base, head, policy)
                   : gate::without_baseline(head.summary().board_type(), head.summary().runtime(),
                                            "there is no baseline: the server has no run " + options.base_run));
  return kOk;
}

ExitCode write_file(const std::string& path, const std::string& content) {
  if (path.empty()) return kOk;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  if (file) return kOk;
  return report_usage("cannot write " + path + ": " + std::strerror(errno), "check folder and room");
}

ExitCode publish(const GlobalOptions& global, const GateOptions& options, const v1::GateReport& report) {
  if (!print(global.json ? to_json(report) : gate_text(report))) return kUnavailable;
  if (const ExitCode written = write_file(options.markdown_file, gate_markdown(report)); written != kOk) return written;
  if (const ExitCode written = write_file(options.junit_file, gate_junit(report)); written != kOk) return written;
  return code_of(report.verdict());
}

}  // namespace

ExitCode gate(const GlobalOptions& global, const GateOptions& options) {
  const bool measures = !options.base.empty();
  if (!measures && options.base_run.empty()) {
    return report_usage("there is nothing to compare",
                        "give --base and --head with --board, or --base-run and --head-run");
  }
  if (measures && options.boards.empty()) {
    return report_usage("--base and --head need a board to be measured on",
                        "give --board; `tinyrig boards` lists them");
  }
  gate::Policy policy;
  if (const ExitCode read = read_policy(options.policy_file, &policy); read != kOk) return read;
  InterruptWatch interrupt;  // before the channel, whose threads inherit the signal mask
  const Connection connection(global.server);
  std::vector<v1::GateComparison> comparisons;
  const ExitCode code = measures ? measure_models(global, connection, options, policy, interrupt, &comparisons)
                                 : compare_runs(connection, options, policy, &comparisons);
  if (code == kDetached) std::fprintf(stderr, "tinyrig: interrupted; the jobs of this gate are cancelled\n");
  if (code != kOk) return code;
  return publish(global, options, gate::make_report(comparisons, policy));
}

}  // namespace tinyrig::client
