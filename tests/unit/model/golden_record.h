// Holds packed models against their golden outputs (tests/support/model/golden_file.h).
#pragma once

#include <filesystem>

#include "tests/support/model/golden_file.h"

namespace tinyrig::model {

/// Packs the model, runs every vector, and adds a test failure for each difference: digest, input, output,
/// every operator.
void check_against_golden(const std::filesystem::path& model, const std::filesystem::path& record);

}  // namespace tinyrig::model
