// Graph in, Program out: checks that the engine can run every operator as it stands there, and computes its
// integer parameters exactly as TensorFlow Lite Micro prepares them.
//
// Thread-safe: a pure function.
#pragma once

#include "absl/status/statusor.h"
#include "server/model/program.h"

namespace tinyrig::model {

/// The program keeps views into `graph`, which must outlive it.
/// INVALID_ARGUMENT with a reason of errors.h; the message names operator, tensor and why.
absl::StatusOr<Program> lower(const Graph& graph);

}  // namespace tinyrig::model
