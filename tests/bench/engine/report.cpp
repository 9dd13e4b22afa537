#include "tests/bench/engine/report.h"

#include <cmath>
#include <cstdio>
#include <set>

namespace tinyrig::bench {
namespace {

struct RatioTargets {
  std::optional<double> each, mean;
};

// Instructions, of TensorFlow Lite Micro's; of our portable kernels' where that has no figures (Cortex-M0).
RatioTargets ratio_targets(const std::string& core) {
  if (core == "cortex-m4" || core == "cortex-m7" || core == "cortex-m33") return {0.65, 0.5};
  if (core == "cortex-m55") return {0.75, 0.6};
  if (core == "rv32imac") return {std::nullopt, 0.35};
  if (core == "cortex-m0") return {0.5, 0.5};
  return {};
}

constexpr double kArenaRatioTarget = 0.8, kProfilingTarget = 0.005;
constexpr double kFlashTargetOnM4 = 65536, kRamTarget = 6144;

Result at_most(std::string metric, double value, std::string unit, std::optional<double> target) {
  return {std::move(metric), value, std::move(unit), target, false};
}

class GeometricMean {
 public:
  void add(double value) {
    sum_ += std::log(value);
    ++count_;
  }
  bool empty() const { return count_ == 0; }
  double value() const { return std::exp(sum_ / count_); }

 private:
  double sum_ = 0;
  int count_ = 0;
};

double of(std::uint64_t value) { return static_cast<double>(value); }

void add_row_results(const Row& row, std::vector<Result>& results) {
  const std::string name = row.model + "/" + row.board;
  const auto add = [&](const char* metric, double value, const char* unit, std::optional<double> target = {}) {
    results.push_back(at_most(metric + name, value, unit, target));
  };
  add("instructions/", of(row.instructions), "instructions");
  if (row.macs != 0) add("instructions_per_mac/", of(row.instructions) / of(row.macs), "instructions");
  if (const auto ratio = row.ratio()) {
    const bool counts = row.baseline_instructions.has_value() || row.core == "cortex-m0";
    add(counts ? "ratio/" : "ratio_to_portable/", *ratio, "ratio",
        counts ? ratio_targets(row.core).each : std::nullopt);
  }
  add("arena_bytes/", of(row.arena_bytes), "B", row.arena_budget);
  if (row.baseline_arena_bytes) add("arena_ratio/", of(row.arena_bytes) / of(*row.baseline_arena_bytes), "ratio");
  add("packed_bytes/", of(row.packed_bytes), "B", row.packed_budget);
  if (row.profiling_overhead) {
    // A target for the reference models; ours are far smaller, and so is what a few instructions are held against.
    add("profiling_overhead/", *row.profiling_overhead, "ratio",
        row.baseline_instructions ? std::optional(kProfilingTarget) : std::nullopt);
  }
  add("words_loaded/", of(row.words_loaded), "words");
  add("words_stored/", of(row.words_stored), "words");
  add("vector_instructions/", of(row.vector_instructions), "instructions");
  for (std::size_t i = 0; i < row.operators.size(); ++i) {
    const OperatorRow& op = row.operators[i];
    const std::string operator_name = name + "/" + std::to_string(i) + "_" + op.kind;
    results.push_back(at_most("operator_instructions/" + operator_name, of(op.instructions), "instructions", {}));
    if (op.ratio()) results.push_back(at_most("operator_ratio/" + operator_name, *op.ratio(), "ratio", {}));
  }
}

}  // namespace

std::optional<double> OperatorRow::ratio() const {
  if (!baseline_instructions || *baseline_instructions == 0) return std::nullopt;
  return of(instructions) / of(*baseline_instructions);
}

std::optional<double> Row::ratio() const {
  const auto& compared = baseline_instructions ? baseline_instructions : portable_instructions;
  if (!compared) return std::nullopt;
  return of(instructions) / of(*compared);
}

std::vector<Result> Report::results() const {
  std::vector<Result> results;
  std::set<std::string> boards;
  for (const Row& row : rows_) {
    add_row_results(row, results);
    boards.insert(row.board);
  }
  for (const std::string& board : boards) add_board_results(board, results);
  return results;
}

void Report::add_board_results(const std::string& board, std::vector<Result>& results) const {
  GeometricMean ratios, arenas;
  std::string core;
  for (const Row& row : rows_) {
    if (row.board != board) continue;
    core = row.core;
    if (row.baseline_instructions || row.core == "cortex-m0") ratios.add(*row.ratio());
    if (row.baseline_arena_bytes) arenas.add(of(row.arena_bytes) / of(*row.baseline_arena_bytes));
  }
  if (!ratios.empty()) {
    results.push_back(at_most("geomean_ratio/" + board, ratios.value(), "ratio", ratio_targets(core).mean));
  }
  if (!arenas.empty()) {
    results.push_back(at_most("geomean_arena_ratio/" + board, arenas.value(), "ratio", kArenaRatioTarget));
  }
  const auto agent = agents_.find(board);
  if (agent == agents_.end()) return;
  const AgentMemory& memory = agent->second;
  const bool m4 = core == "cortex-m4";
  results.push_back(at_most("agent_flash_bytes/" + board, of(memory.flash_bytes), "B",
                            m4 ? std::optional(kFlashTargetOnM4) : std::nullopt));
  results.push_back(at_most("agent_ram_bytes/" + board, of(memory.static_ram_bytes + memory.stack_bytes), "B",
                            m4 ? std::optional(kRamTarget) : std::nullopt));
  results.push_back(at_most("agent_static_ram_bytes/" + board, of(memory.static_ram_bytes), "B", {}));
  results.push_back(at_most("agent_stack_bytes/" + board, of(memory.stack_bytes), "B", {}));
  results.push_back(at_most("agent_sample_bytes/" + board, of(memory.sample_bytes), "B", {}));
}

// A block for each model: its operators, and beside them each board's instructions and ratio.
void Report::print_operators() const {
  std::map<std::string, std::vector<const Row*>> by_model;
  for (const Row& row : rows_) by_model[row.model].push_back(&row);
  for (const auto& [model, boards] : by_model) {
    std::printf("%s: instructions of each operator, and of TensorFlow Lite Micro's\n%3s %-18s %11s", model.c_str(), "#",
                "operator", "MACs");
    for (const Row* row : boards) std::printf(" %19s", row->board.c_str());
    std::printf("  shape\n");
    for (std::size_t i = 0; i < boards.front()->operators.size(); ++i) {
      const OperatorRow& first = boards.front()->operators[i];
      std::printf("%3zu %-18s %11llu", i, first.kind.c_str(), static_cast<unsigned long long>(first.macs));
      for (const Row* row : boards) {
        const OperatorRow& op = row->operators.at(i);
        char ratio[16] = "";
        if (op.ratio()) std::snprintf(ratio, sizeof ratio, "%.2f", *op.ratio());
        std::printf(" %13llu %5s", static_cast<unsigned long long>(op.instructions), ratio);
      }
      std::printf("  %s\n", first.shape.c_str());
    }
    std::printf("\n");
  }
}

void Report::print(const std::vector<Result>& results) const {
  print_operators();
  std::printf("%-14s %-10s %6s %12s %8s %7s  %9s %9s  %9s %9s  %11s %11s %11s  %9s\n", "board", "model", "golden",
              "instructions", "per MAC", "ratio", "arena B", "limit", "packed B", "limit", "words read", "written",
              "vector", "profiling");
  for (const Row& row : rows_) {
    char overhead[16] = "", ratio[16] = "";
    if (row.profiling_overhead) std::snprintf(overhead, sizeof overhead, "%+.3f %%", *row.profiling_overhead * 100);
    if (row.ratio()) std::snprintf(ratio, sizeof ratio, "%.3f%s", *row.ratio(), row.baseline_instructions ? "" : "p");
    std::printf("%-14s %-10s %6u %12llu %8.3f %7s  %9llu %9.0f  %9llu %9.0f  %11llu %11llu %11llu  %9s\n",
                row.board.c_str(), row.model.c_str(), row.golden_seeds,
                static_cast<unsigned long long>(row.instructions), of(row.instructions) / of(row.macs), ratio,
                static_cast<unsigned long long>(row.arena_bytes), row.arena_budget,
                static_cast<unsigned long long>(row.packed_bytes), row.packed_budget,
                static_cast<unsigned long long>(row.words_loaded), static_cast<unsigned long long>(row.words_stored),
                static_cast<unsigned long long>(row.vector_instructions), overhead);
  }
  std::printf(
      "golden: seeds whose outputs are right. ratio: instructions, of TensorFlow Lite Micro with CMSIS-NN (rv32:\n"
      "with its reference kernels); p: of our portable kernels on that board.\n\n");
  int missed = 0;
  for (const Result& result : results) {
    const bool of_board = result.metric.rfind("geomean", 0) == 0 || result.metric.rfind("agent", 0) == 0;
    if (of_board || !result.met()) {
      std::printf("%-40s %14.4f %-6s", result.metric.c_str(), result.value, result.unit.c_str());
      if (result.target) std::printf(" target %.4f %s", *result.target, result.met() ? "met" : "MISSED");
      std::printf("\n");
    }
    missed += result.met() ? 0 : 1;
  }
  std::printf("%d targets missed\n", missed);
}

}  // namespace tinyrig::bench
