// What a model computes, operator by operator, and which of them the engine cannot run. For a model that pack()
// refuses, so that people see what of it is in the way.
//
// Thread-safe: a pure function.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/model/graph.h"
#include "server/model/pack.h"

namespace tinyrig::model {

struct SurveyedOperator {
  OperatorInfo info;     // without kernel and arena; of a refused one MACs and weights are not known
  absl::Status refusal;  // OK: the engine runs it
};

struct Survey {
  std::vector<TensorInfo> inputs, outputs;
  std::vector<SurveyedOperator> operators;
  std::uint64_t macs = 0;          // of those that the engine runs
  std::uint64_t weight_bytes = 0;  // the same
  absl::Status refusal;            // what pack() would say
};

/// INVALID_ARGUMENT with a reason of errors.h when not even the operators can be told.
absl::StatusOr<Survey> survey(const Graph& graph);

}  // namespace tinyrig::model
