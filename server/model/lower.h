// Graph in, Program out: checks that the engine can run every operator as it stands there, and computes its
// integer parameters exactly as TensorFlow Lite Micro prepares them.
//
// Thread-safe: a pure function.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/model/program.h"

namespace tinyrig::model {

struct LoweredEach {
  Program program;                     // with inputs and outputs when no operator is refused
  std::vector<absl::Status> refusals;  // of each operator; not OK: the engine cannot run it, nothing is lowered
};

/// Operator by operator, past those that the engine cannot run. The program keeps views into `graph`, which must
/// outlive it. INVALID_ARGUMENT with a reason of errors.h: the file contradicts itself or is beyond every limit.
absl::StatusOr<LoweredEach> lower_each(const Graph& graph);

/// One error that names what was refused; OK when nothing was.
absl::Status refusal_of(const LoweredEach& each);

/// The whole graph, or refusal_of() it. The program keeps views into `graph`, which must outlive it.
/// INVALID_ARGUMENT with a reason of errors.h; the message names operator, tensor and why.
absl::StatusOr<Program> lower(const Graph& graph);

}  // namespace tinyrig::model
