// The rows of `bench engine`, their targets, and both ways to show them: a table for people, metrics for programs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/link/results.h"

namespace tinyrig::bench {

/// One operator of a model on one board.
struct OperatorRow {
  std::string kind, kernel, shape;
  std::uint64_t macs = 0, instructions = 0;
  std::optional<std::uint64_t> baseline_instructions;

  std::optional<double> ratio() const;
};

/// One model on one board.
struct Row {
  std::string board, core, model;
  std::uint64_t macs = 0;
  std::uint64_t instructions = 0;
  std::uint32_t golden_seeds = 0;  // that came out as they must
  std::uint64_t words_loaded = 0, words_stored = 0, vector_instructions = 0;
  std::uint64_t packed_bytes = 0, arena_bytes = 0;
  double packed_budget = 0, arena_budget = 0;
  std::optional<double> profiling_overhead;  // of the board's agent
  // TensorFlow Lite Micro's, where it is known; else our portable kernels' on this board.
  std::optional<std::uint64_t> baseline_instructions, baseline_arena_bytes, portable_instructions;

  std::vector<OperatorRow> operators;

  std::optional<double> ratio() const;
};

/// Of the real agent, on a farm board.
struct AgentMemory {
  std::uint64_t static_ram_bytes = 0;
  std::uint64_t stack_bytes = 0;  // the most that was used: link, load, inference, profiling
  std::uint64_t flash_bytes = 0;
  std::uint64_t sample_bytes = 0;  // for raw readings, at the end of the model RAM
};

class Report {
 public:
  void add(Row row) { rows_.push_back(std::move(row)); }
  void add_agent(const std::string& board, const AgentMemory& memory) { agents_[board] = memory; }

  std::vector<Result> results() const;
  /// The tables, then what missed its target.
  void print(const std::vector<Result>& results) const;

 private:
  void print_operators() const;
  void add_board_results(const std::string& board, std::vector<Result>& results) const;

  std::vector<Row> rows_;
  std::map<std::string, AgentMemory> agents_;
};

}  // namespace tinyrig::bench
