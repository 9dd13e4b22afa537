// tinyrig-bench-engine: every model on every emulated board type that can hold it, against the targets and against
// TensorFlow Lite Micro. Exit code 1 when an output differs from its golden vector by a bit.
//
//   --models DIR         NAME.tflite with NAME.json (golden vectors) beside it; repeatable
//   --golden DIR         where the .json of those models are that have none beside them
//   --port PATH          serial port of a farm board, for what only its agent can say; repeatable
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/model/fit.h"
#include "server/model/layout.h"
#include "server/model/parse_tflite.h"
#include "tests/bench/engine/agent_probe.h"
#include "tests/bench/engine/baseline.h"
#include "tests/bench/engine/report.h"
#include "tests/support/kernels/measured.h"
#include "tests/support/model/golden_file.h"

namespace tinyrig::bench {
namespace {

struct Options {
  std::vector<std::string> models, ports;
  std::string golden, baseline, out, board;
};

struct Candidate {
  std::string name;  // "kws"
  std::vector<std::uint8_t> file;
  model::GoldenRecord golden;
};

std::vector<Candidate> find_models(const Options& options) {
  std::vector<Candidate> found;
  for (const std::filesystem::path folder : options.models) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".tflite") continue;
      const std::string name = entry.path().stem().string();
      std::filesystem::path record = folder / (name + ".json");
      if (!std::filesystem::exists(record)) record = std::filesystem::path(options.golden) / (name + ".json");
      found.push_back({name, model::read_bytes(entry.path()), model::read_golden(record)});
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return found;
}

class Bench {
 public:
  explicit Bench(Baseline baseline) : baseline_(std::move(baseline)) {}

  absl::Status run(const test::KernelBoard& board, const Candidate& candidate, AgentProbe* agent) {
    TINYRIG_ASSIGN_OR_RETURN(const model::PackedModel packed, model::pack_tflite(candidate.file, board.core));
    const model::Fit fit =
        model::fit_model(packed.image.size(), packed.arena_bytes, {board.model_ram_bytes, board.slot_bytes});
    if (fit.placement == model::ModelPlacement::kDoesNotFit) return absl::OkStatus();
    Row row;
    row.board = board.id;
    row.core = model::core_name(board.core);
    row.model = candidate.name;
    row.macs = packed.macs;
    TINYRIG_RETURN_IF_ERROR(measure(board, candidate, packed, row));
    const auto known = baseline_.find({row.core, candidate.name});
    if (known != baseline_.end()) {
      row.baseline_instructions = known->second.instructions;
      row.baseline_arena_bytes = known->second.arena_bytes;
      TINYRIG_RETURN_IF_ERROR(add_baseline(known->second, row));
    } else {
      TINYRIG_ASSIGN_OR_RETURN(const model::PackedModel portable,
                               model::pack_tflite(candidate.file, packed::Core::kPortable));
      TINYRIG_ASSIGN_OR_RETURN(const test::Measured measured, test::measure_image(board, portable.image, 1, 1));
      row.portable_instructions = measured.runs.at(0).instructions;
    }
    TINYRIG_ASSIGN_OR_RETURN(const model::Graph graph, model::parse_tflite(candidate.file));
    row.packed_bytes = packed.image.size();
    row.packed_budget = packed_bytes_budget(graph);
    row.arena_bytes = packed.arena_bytes;
    row.arena_budget = arena_bytes_budget(packed.live_set_bytes);
    if (agent != nullptr) TINYRIG_RETURN_IF_ERROR(ask_agent(board, packed, *agent, row));
    report_.add(std::move(row));
    return absl::OkStatus();
  }

  absl::Status add_agent(AgentProbe& agent) {
    TINYRIG_ASSIGN_OR_RETURN(const AgentMemory memory, agent.memory());
    report_.add_agent(agent.board_type(), memory);
    return absl::OkStatus();
  }

  const Report& report() const { return report_; }
  const std::vector<std::string>& differences() const { return differences_; }

 private:
  static absl::Status add_baseline(const BaselineRow& baseline, Row& row) {
    if (baseline.operator_instructions.size() != row.operators.size()) {
      return absl::InternalError(row.model + " has " + std::to_string(row.operators.size()) + " operators, " +
                                 std::to_string(baseline.operator_instructions.size()) + " in the baseline's file");
    }
    for (std::size_t i = 0; i < row.operators.size(); ++i) {
      row.operators[i].baseline_instructions = baseline.operator_instructions[i];
    }
    return absl::OkStatus();
  }

  absl::Status measure(const test::KernelBoard& board, const Candidate& candidate, const model::PackedModel& packed,
                       Row& row) {
    const auto seeds = static_cast<std::uint32_t>(candidate.golden.vectors.size());
    TINYRIG_ASSIGN_OR_RETURN(const test::Measured measured, test::measure_image(board, packed.image, 1, seeds));
    for (std::uint32_t i = 0; i < seeds; ++i) {
      const model::GoldenVector& vector = candidate.golden.vectors[i];
      const bool same = i < measured.runs.size() && measured.runs[i].seed == vector.seed &&
                        measured.runs[i].output_fnv1a32 == vector.output_fnv1a32;
      if (!same) differences_.push_back(candidate.name + " on " + board.id + ", seed " + std::to_string(vector.seed));
      row.golden_seeds += same ? 1 : 0;
    }
    if (measured.runs.empty()) return absl::InternalError(board.id + ": no run came back");
    row.instructions = measured.runs[0].instructions;
    if (measured.operators.size() != packed.operators.size()) {
      return absl::InternalError(board.id + ": not every operator came back");
    }
    for (std::size_t i = 0; i < packed.operators.size(); ++i) {
      const model::OperatorInfo& op = packed.operators[i];
      row.operators.push_back({op.kind, op.kernel, op.shape, op.macs, measured.operators[i].instructions, {}});
    }
    TINYRIG_ASSIGN_OR_RETURN(const test::Measured counted, test::measure_image(board, packed.image, 1, 1, true));
    if (counted.windows.size() != 1) return absl::InternalError(board.id + ": QEMU's plugin counted no window");
    row.words_loaded = counted.windows[0].words_loaded;
    row.words_stored = counted.windows[0].words_stored;
    row.vector_instructions = counted.windows[0].vector;
    return absl::OkStatus();
  }

  absl::Status ask_agent(const test::KernelBoard& board, const model::PackedModel& packed, AgentProbe& agent,
                         Row& row) {
    const absl::StatusOr<AgentInference> inference = agent.measure(board, packed);
    if (inference.status().code() == absl::StatusCode::kResourceExhausted) return absl::OkStatus();
    TINYRIG_RETURN_IF_ERROR(inference.status());
    // The agent's window is the bench's: a read of the counter, run(), another read.
    constexpr std::uint64_t kApart = 100;
    const std::uint64_t bench = row.instructions, farm = inference->latency_instructions;
    if (std::max(bench, farm) - std::min(bench, farm) > kApart) {
      return absl::InternalError(board.id + " " + row.model + ": the agent counts " + std::to_string(farm) +
                                 " instructions, tinyrig-kernels " + std::to_string(bench));
    }
    row.profiling_overhead = static_cast<double>(inference->profiled_instructions) / static_cast<double>(farm) - 1.0;
    return absl::OkStatus();
  }

  Baseline baseline_;
  Report report_;
  std::vector<std::string> differences_;
};

absl::StatusOr<int> bench_all(const Options& options) {
  TINYRIG_ASSIGN_OR_RETURN(Baseline baseline, read_baseline(options.baseline));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<test::KernelBoard> boards, test::load_kernel_boards());
  const std::vector<Candidate> candidates = find_models(options);
  std::map<std::string, std::unique_ptr<AgentProbe>> agents;
  for (const std::string& port : options.ports) {
    TINYRIG_ASSIGN_OR_RETURN(std::unique_ptr<AgentProbe> agent, AgentProbe::open(port));
    agents[agent->board_type()] = std::move(agent);
  }
  Bench bench(std::move(baseline));
  for (const test::KernelBoard& board : boards) {
    if (!options.board.empty() && options.board != board.id) continue;
    const auto agent = agents.find(board.id);
    for (const Candidate& candidate : candidates) {
      TINYRIG_RETURN_IF_ERROR(bench.run(board, candidate, agent == agents.end() ? nullptr : agent->second.get()));
    }
    if (agent != agents.end()) TINYRIG_RETURN_IF_ERROR(bench.add_agent(*agent->second));
  }
  const std::vector<Result> results = bench.report().results();
  bench.report().print(results);
  for (const std::string& difference : bench.differences())
    std::printf("DIFFERS from golden: %s\n", difference.c_str());
  if (!options.out.empty() && !write_json(results, options.out)) {
    return absl::InternalError(options.out + ": cannot be written");
  }
  return bench.differences().empty() ? 0 : 1;
}

}  // namespace
}  // namespace tinyrig::bench

int main(int argc, char** argv) {
  CLI::App app{"Runs every model on every emulated board and compares with the targets"};
  tinyrig::bench::Options options;
  app.add_option("--models", options.models, "folder of .tflite files; repeatable")->required();
  app.add_option("--golden", options.golden, "folder of the golden vectors that do not lie beside their models");
  app.add_option("--baseline", options.baseline, "tflm_baseline.json")->required();
  app.add_option("--port", options.ports, "serial port of a farm board; repeatable");
  app.add_option("--board", options.board, "only this board type");
  app.add_option("--out", options.out, "results as JSON");
  CLI11_PARSE(app, argc, argv);
  const absl::StatusOr<int> code = tinyrig::bench::bench_all(options);
  if (code.ok()) return *code;
  std::cerr << code.status().message() << " " << tinyrig::hint_of(code.status()) << "\n";
  return 2;
}
