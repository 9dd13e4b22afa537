#include "server/api/model_description.h"

#include <cstdint>
#include <span>

#include "server/base/status_macros.h"
#include "server/inspect/describe.h"
#include "server/model/pack.h"

namespace tinyrig::api {

absl::StatusOr<v1::Model> describe_model(const std::string& tflite) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(tflite.data()), tflite.size());
  // Packed as for a board: only then it is sure that the engine can run it. No core is special here.
  TINYRIG_ASSIGN_OR_RETURN(const model::PackedModel packed, model::pack_tflite(bytes, packed::Core::kPortable));

  v1::Model description;
  description.set_sha256(packed.sha256);
  description.set_size_bytes(tflite.size());
  for (const model::TensorInfo& input : packed.inputs) inspect::describe_tensor(input, description.add_inputs());
  for (const model::TensorInfo& output : packed.outputs) inspect::describe_tensor(output, description.add_outputs());
  for (const model::OperatorInfo& op : packed.operators) inspect::describe_operator(op, description.add_operators());
  description.set_macs(packed.macs);
  description.set_weight_bytes(packed.weight_bytes);
  description.set_arena_lower_bound_bytes(packed.arena_lower_bound_bytes);
  return description;
}

}  // namespace tinyrig::api
