// Plans a submitted job against the farm as it is now: jobs::expand() with the store's models, the
// catalog's board types and the packer's sizes.
#pragma once

#include <vector>

#include "server/bench/model_library.h"
#include "server/boards/board_directory.h"
#include "server/boards/catalog.h"
#include "server/jobs/job_queue.h"
#include "server/store/store.h"

namespace tinyrig::daemon {

// Everything must outlive the planner. It may be called from any thread.
jobs::Planner make_planner(const store::Store& store, const boards::BoardDirectory& directory,
                           bench::ModelLibrary& models, std::vector<boards::CatalogEntry> catalog);

}  // namespace tinyrig::daemon
