// What there is to beat: TensorFlow Lite Micro's figures for the reference models (tflm_baseline.json says where they
// are from), and the budgets that follow from a model alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/graph.h"

namespace tinyrig::bench {

struct BaselineRow {
  std::uint64_t instructions = 0;
  std::uint64_t arena_bytes = 0;
  std::vector<std::uint64_t> operator_instructions;  // in the order of the .tflite
};

/// By core ("cortex-m4") and model ("kws").
using Baseline = std::map<std::pair<std::string, std::string>, BaselineRow>;

/// INVALID_ARGUMENT (BASELINE_INVALID) when the file is missing or not of its form.
absl::StatusOr<Baseline> read_baseline(const std::filesystem::path& file);

/// Most bytes that a packed model should have: 1.15 of its weights and biases, 12 for each output channel, 4 KiB.
double packed_bytes_budget(const model::Graph& graph);

/// Most bytes that its arena should have, scratch included: 1.1 of the tensors that live together, 2 KiB.
double arena_bytes_budget(std::uint32_t live_set_bytes);

}  // namespace tinyrig::bench
