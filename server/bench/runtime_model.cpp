#include "server/bench/runtime_model.h"

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/boards/core_names.h"

namespace tinyrig::bench {

absl::StatusOr<packed::Core> core_to_pack_for(const v1::AgentRuntime& runtime) {
  if (runtime.model_format() == v1::MODEL_FORMAT_TFLITE) return packed::Core::kPortable;
  const auto core = boards::kCores.find(runtime.core());
  if (runtime.model_format() == v1::MODEL_FORMAT_PACKED && core != boards::kCores.end()) return core->second;
  return make_error(absl::StatusCode::kUnimplemented, "MODEL_FORMAT_UNKNOWN",
                    absl::StrCat("runtime ", runtime.name(), " ", runtime.version(),
                                 " takes models in a format, or packed for a core, that this server does not know"),
                    "Use a server and an agent of the same version.");
}

std::span<const std::uint8_t> RuntimeModel::bytes() const {
  if (tflite != nullptr) return {reinterpret_cast<const std::uint8_t*>(tflite->data()), tflite->size()};
  return {reinterpret_cast<const std::uint8_t*>(packed->image.data()), packed->image.size()};
}

std::optional<std::uint64_t> RuntimeModel::arena_bytes() const {
  if (tflite != nullptr) return std::nullopt;
  return packed->arena_bytes;
}

model::BoardMemory memory_for(const RuntimeModel& model, std::uint64_t model_ram_bytes, std::uint64_t model_slot_bytes,
                              bool agent_writes_slot) {
  const bool slot_takes_it = model.tflite == nullptr || agent_writes_slot;
  return {.model_ram_bytes = model_ram_bytes, .model_slot_bytes = slot_takes_it ? model_slot_bytes : 0};
}

std::optional<TooLarge> too_large(const std::string& model_name, const std::string& board_type,
                                  std::uint64_t image_bytes, std::optional<std::uint64_t> arena_bytes,
                                  const model::BoardMemory& board) {
  const model::Fit fit = model::fit_model(image_bytes, arena_bytes, board);
  if (fit.placement != model::ModelPlacement::kDoesNotFit) return std::nullopt;
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

}  // namespace tinyrig::bench
