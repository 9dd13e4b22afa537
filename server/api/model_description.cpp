#include "server/api/model_description.h"

#include <cstdint>
#include <span>
#include <vector>

#include "server/api/error_mapping.h"
#include "server/base/status_macros.h"
#include "server/model/limits.h"
#include "server/model/pack.h"

namespace tinyrig::api {
namespace {

void describe_tensor(const model::TensorInfo& tensor, v1::TensorInfo* info) {
  info->set_name(clean_text(tensor.name, model::kMaxNameBytes));
  info->set_type(tensor.type);
  for (const std::int32_t extent : tensor.shape) info->add_shape(extent);
  info->set_scale(static_cast<double>(tensor.scale));
  info->set_zero_point(tensor.zero_point);
  info->set_size_bytes(tensor.bytes);
}

}  // namespace

absl::StatusOr<v1::Model> describe_model(const std::string& tflite) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(tflite.data()), tflite.size());
  // Packed as for a board: only then it is sure that the engine can run it. No core is special here.
  TINYRIG_ASSIGN_OR_RETURN(const model::PackedModel packed, model::pack_tflite(bytes, packed::Core::kPortable));

  v1::Model description;
  description.set_sha256(packed.sha256);
  description.set_size_bytes(tflite.size());
  for (const model::TensorInfo& input : packed.inputs) describe_tensor(input, description.add_inputs());
  for (const model::TensorInfo& output : packed.outputs) describe_tensor(output, description.add_outputs());
  for (const model::OperatorInfo& op : packed.operators) {
    v1::OperatorInfo* info = description.add_operators();
    info->set_index(op.index);
    info->set_kind(op.kind);
    info->set_shape(op.shape);
    info->set_macs(op.macs);
    info->set_weight_bytes(op.weight_bytes);
  }
  description.set_macs(packed.macs);
  description.set_weight_bytes(packed.weight_bytes);
  description.set_arena_lower_bound_bytes(packed.arena_lower_bound_bytes);
  return description;
}

}  // namespace tinyrig::api
