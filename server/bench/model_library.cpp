#include "server/bench/model_library.h"

#include <span>

#include "absl/strings/str_cat.h"
#include "server/model/fit.h"

namespace tinyrig::bench {

absl::StatusOr<SharedPackedModel> ModelLibrary::packed(const std::string& sha256, packed::Core core) {
  {
    const std::lock_guard lock(mutex_);
    for (auto entry = recent_.begin(); entry != recent_.end(); ++entry) {
      if (entry->core != core || entry->sha256 != sha256) continue;
      recent_.splice(recent_.begin(), recent_, entry);
      return recent_.front().model;
    }
  }
  const absl::StatusOr<std::string> bytes = store_.model_bytes(sha256);
  if (!bytes.ok()) return bytes.status();
  const std::span<const std::uint8_t> file(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size());
  absl::StatusOr<model::PackedModel> packed = model::pack_tflite(file, core);
  if (!packed.ok()) return packed.status();
  auto shared = std::make_shared<const model::PackedModel>(*std::move(packed));
  const std::lock_guard lock(mutex_);
  recent_.push_front({sha256, core, shared});
  if (recent_.size() > kKept) recent_.pop_back();
  return shared;
}

absl::StatusOr<std::optional<TooLarge>> ModelLibrary::check_fit(const std::string& model_name,
                                                                const std::string& sha256,
                                                                const boards::CatalogEntry& board_type) {
  const absl::StatusOr<SharedPackedModel> model = packed(sha256, board_type.core);
  if (!model.ok()) return model.status();
  return too_large(model_name, board_type.type.id(), (*model)->image.size(), (*model)->arena_bytes,
                   board_type.type.model_ram_bytes(), board_type.type.model_slot_bytes());
}

std::optional<TooLarge> too_large(const std::string& model_name, const std::string& board_type,
                                  std::uint64_t image_bytes, std::uint64_t arena_bytes, std::uint64_t model_ram_bytes,
                                  std::uint64_t model_slot_bytes) {
  const model::Fit fit = model::fit_model(image_bytes, arena_bytes, {model_ram_bytes, model_slot_bytes});
  if (fit.placement != model::ModelPlacement::kDoesNotFit) return std::nullopt;
  TooLarge answer;
  const std::string what = absl::StrCat("model '", model_name, "' does not fit on ", board_type, ": ");
  if (fit.missing_slot_bytes > 0) {
    answer.reason = "MODEL_TOO_LARGE_FOR_SLOT";
    answer.missing_bytes = fit.missing_slot_bytes;
    answer.message = absl::StrCat(what, "its packed image of ", image_bytes, " bytes is ", fit.missing_slot_bytes,
                                  " bytes larger than the model slot of ", model_slot_bytes, " bytes");
  } else {
    answer.reason = "MODEL_TOO_LARGE_FOR_RAM";
    answer.missing_bytes = fit.missing_ram_bytes;
    answer.message =
        absl::StrCat(what, "its arena of ", arena_bytes, " bytes",
                     model_slot_bytes == 0 ? absl::StrCat(" and image of ", image_bytes, " bytes") : "", " need ",
                     fit.missing_ram_bytes, " bytes more than the ", model_ram_bytes, " bytes of RAM for models");
  }
  return answer;
}

}  // namespace tinyrig::bench
