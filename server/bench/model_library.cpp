#include "server/bench/model_library.h"

#include <span>

#include "server/base/status_macros.h"

namespace tinyrig::bench {

absl::StatusOr<ModelLibrary::SharedPackedModel> ModelLibrary::packed(const std::string& sha256, packed::Core core) {
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

absl::StatusOr<RuntimeModel> ModelLibrary::for_runtime(const std::string& sha256, const v1::AgentRuntime& runtime) {
  TINYRIG_ASSIGN_OR_RETURN(const packed::Core core, core_to_pack_for(runtime));
  RuntimeModel model{.runtime = runtime, .packed = nullptr, .tflite = nullptr};
  TINYRIG_ASSIGN_OR_RETURN(model.packed, packed(sha256, core));
  if (runtime.model_format() == v1::MODEL_FORMAT_TFLITE) {
    TINYRIG_ASSIGN_OR_RETURN(std::string bytes, store_.model_bytes(sha256));
    model.tflite = std::make_shared<const std::string>(std::move(bytes));
  }
  return model;
}

absl::StatusOr<std::optional<model::TooLarge>> ModelLibrary::check_fit(const std::string& model_name,
                                                                       const std::string& sha256,
                                                                       const v1::AgentRuntime& runtime,
                                                                       const boards::CatalogEntry& board_type) {
  TINYRIG_ASSIGN_OR_RETURN(const RuntimeModel model, for_runtime(sha256, runtime));
  const bool agent_writes_slot = board_type.slot.has_value() && board_type.slot->writer == boards::SlotWriter::kAgent;
  return model::too_large(
      model_name, board_type.type.id(), model.bytes().size(), model.arena_bytes(),
      memory_for(model, board_type.type.model_ram_bytes(), board_type.type.model_slot_bytes(), agent_writes_slot));
}

}  // namespace tinyrig::bench
