// Expected outputs from a golden file: {"vectors": [{"seed": 1, "output_fnv1a32": "8e56e000",
// "op_output_fnv1a32": ["34311911", ...]}, ...]}; hashes in hex. Other fields are ignored.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::client {

/// INVALID_ARGUMENT: says what is missing, and in which vector.
absl::StatusOr<std::vector<v1::ExpectedOutput>> parse_golden(const std::string& json);

}  // namespace tinyrig::client
