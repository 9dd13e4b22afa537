// The board types that this version was built with (deploy/boards), for programs that run without a catalog
// folder.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "server/boards/catalog.h"

namespace tinyrig::boards {

// By id. The errors of load_catalog().
absl::StatusOr<std::vector<CatalogEntry>> builtin_catalog();

}  // namespace tinyrig::boards
