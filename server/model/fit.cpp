#include "server/model/fit.h"

#include "wire/packed_model/format.h"

namespace tinyrig::model {
namespace {

std::uint64_t aligned(std::uint64_t bytes) {
  return (bytes + packed::kAlignment - 1) / packed::kAlignment * packed::kAlignment;
}

std::uint64_t missing(std::uint64_t needed, std::uint64_t there) { return needed > there ? needed - there : 0; }

}  // namespace

Fit fit_model(std::uint64_t image_bytes, std::optional<std::uint64_t> arena_bytes, const BoardMemory& board) {
  const std::uint64_t image = aligned(image_bytes), arena = aligned(arena_bytes.value_or(0));
  const std::uint64_t missing_for_image = missing(image, board.model_slot_bytes);
  if (!arena_bytes.has_value() && missing_for_image == 0) return {ModelPlacement::kSlot, 0, 0};
  const std::uint64_t missing_for_both = missing(image + arena, board.model_ram_bytes);
  if (missing_for_both == 0) return {ModelPlacement::kRam, 0, 0};
  const std::uint64_t missing_for_arena = missing(arena, board.model_ram_bytes);
  if (missing_for_arena == 0 && missing_for_image == 0) return {ModelPlacement::kSlot, 0, 0};
  // Without a slot, all of it would have to be RAM.
  if (board.model_slot_bytes == 0) return {ModelPlacement::kDoesNotFit, missing_for_both, 0};
  return {ModelPlacement::kDoesNotFit, missing_for_arena, missing_for_image};
}

}  // namespace tinyrig::model
