// The flasher of a board, from what catalog and farm file say.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "server/boards/catalog.h"
#include "server/boards/farm.h"
#include "server/flash/flash_turns.h"
#include "server/flash/flasher.h"

namespace tinyrig::boards {

// nullptr: the farm file gives the board none. It takes turns with those of the same USB controller, by the board's
// port or the socket that the farm file states; without `turns` it does not. INVALID_ARGUMENT (FARM_FILE_INVALID): the
// two files do not fit.
absl::StatusOr<std::unique_ptr<flash::Flasher>> make_flasher(const FarmBoard& board, const CatalogEntry& type,
                                                             std::shared_ptr<flash::FlashTurns> turns = nullptr);

}  // namespace tinyrig::boards
