#include "server/model/too_large.h"

#include "absl/strings/str_cat.h"

namespace tinyrig::model {

std::optional<TooLarge> too_large(const std::string& model_name, const std::string& board_type,
                                  std::uint64_t image_bytes, std::optional<std::uint64_t> arena_bytes,
                                  const BoardMemory& board) {
  const Fit fit = fit_model(image_bytes, arena_bytes, board);
  if (fit.placement != ModelPlacement::kDoesNotFit) return std::nullopt;
  TooLarge answer;
  const std::string what = absl::StrCat("model '", model_name, "' does not fit on ", board_type, ": ");
  if (fit.missing_slot_bytes > 0) {
    answer.reason = "MODEL_TOO_LARGE_FOR_SLOT";
    answer.missing_bytes = fit.missing_slot_bytes;
    answer.message = absl::StrCat(what, "its image of ", image_bytes, " bytes is ", fit.missing_slot_bytes,
                                  " bytes larger than the model slot of ", board.model_slot_bytes, " bytes");
    return answer;
  }
  answer.reason = "MODEL_TOO_LARGE_FOR_RAM";
  answer.missing_bytes = fit.missing_ram_bytes;
  const std::string image = absl::StrCat("image of ", image_bytes, " bytes");
  std::string needs = image;
  if (arena_bytes.has_value()) {
    needs = absl::StrCat("arena of ", *arena_bytes, " bytes", board.model_slot_bytes == 0 ? " and " + image : "");
  }
  answer.message = absl::StrCat(what, "its ", needs, " need ", fit.missing_ram_bytes, " bytes more than the ",
                                board.model_ram_bytes, " bytes of RAM for models");
  return answer;
}

}  // namespace tinyrig::model
