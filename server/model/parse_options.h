// An operator's options out of the flatbuffer, with their ranges checked.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/model/graph.h"

namespace tinyrig::tflite {
struct Operator;
}

namespace tinyrig::model {

/// `source` must be verified. `where` names the operator in messages.
absl::StatusOr<Options> parse_options(const tflite::Operator& source, OperatorCode code, const std::string& where);

}  // namespace tinyrig::model
