// Whether two runs may be held against each other at all.
#pragma once

#include <string>

#include "tinyrig/v1/run.pb.h"

namespace tinyrig::gate {

/// Why `run` has no numbers to trust; empty: it has. `side`: "base" or "head", for the words.
std::string why_unusable(const v1::Run& run, const std::string& side);

/// The field in which two usable runs differ though they must not, with both values; empty: comparable.
/// Either the model or the agent's build may differ, as the change that is judged, but not both.
std::string why_incomparable(const v1::Run& base, const v1::Run& head);

/// The same model, runtime and agent build: there is nothing that could have changed.
bool identical(const v1::Run& base, const v1::Run& head);

}  // namespace tinyrig::gate
