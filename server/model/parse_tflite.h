// .tflite bytes in, Graph out. The first of the two parts that read hostile model bytes (the other is
// lower.h, which reads what the graph claims).
//
// Thread-safe: a pure function.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "server/model/graph.h"

namespace tinyrig::model {

/// Checks the flatbuffer whole, then everything that the graph relies on: one subgraph, indices in range, every
/// tensor written once and before it is read, constants as long as their shapes say. Operators that the engine
/// lacks are in the graph, with Operator::refusal; lower() refuses them.
/// INVALID_ARGUMENT with a reason of errors.h, a message that names operator and tensor, and a hint.
absl::StatusOr<Graph> parse_tflite(std::span<const std::uint8_t> file);

}  // namespace tinyrig::model
