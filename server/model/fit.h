// Whether a packed model fits on a board, and where it would lie. The decision alone, without I/O.
//
// Thread-safe: a pure function.
#pragma once

#include <cstdint>
#include <optional>

namespace tinyrig::model {

/// What a board offers to models. Its own arena (activations) comes out of the same RAM as an image in RAM.
struct BoardMemory {
  std::uint64_t model_ram_bytes = 0;   // for the arena, and for an image that lies in RAM
  std::uint64_t model_slot_bytes = 0;  // of flash for an image; 0: the board has no slot
};

enum class ModelPlacement : std::uint8_t {
  kRam,         // image and arena in RAM
  kSlot,        // image in the flash slot, arena in RAM
  kDoesNotFit,  // see the missing bytes
};

struct Fit {
  ModelPlacement placement = ModelPlacement::kDoesNotFit;
  /// Of kDoesNotFit: how much the RAM lacks, how much the slot lacks (0: it has no slot, or it would do).
  std::uint64_t missing_ram_bytes = 0;
  std::uint64_t missing_slot_bytes = 0;
};

/// RAM is preferred: loading it wears no flash and is quicker. An arena of unknown size gets all the RAM that it can:
/// then the slot is preferred. Both sizes are rounded up to packed::kAlignment.
Fit fit_model(std::uint64_t image_bytes, std::optional<std::uint64_t> arena_bytes, const BoardMemory& board);

}  // namespace tinyrig::model
