// The flasher of a board, from what catalog and farm file say.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "server/boards/catalog.h"
#include "server/boards/farm.h"
#include "server/flash/flasher.h"

namespace tinyrig::boards {

// nullptr: the farm file gives the board none. INVALID_ARGUMENT (FARM_FILE_INVALID): the two files do not fit.
absl::StatusOr<std::unique_ptr<flash::Flasher>> make_flasher(const FarmBoard& board, const CatalogEntry& type);

}  // namespace tinyrig::boards
