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

}  // namespace tinyrig::bench
