#include "server/inspect/describe.h"

#include "server/base/clean_text.h"
#include "server/model/limits.h"

namespace tinyrig::inspect {

void describe_tensor(const model::TensorInfo& tensor, v1::TensorInfo* info) {
  info->set_name(clean_text(tensor.name, model::kMaxNameBytes));
  info->set_type(tensor.type);
  for (const std::int32_t extent : tensor.shape) info->add_shape(extent);
  info->set_scale(static_cast<double>(tensor.scale));
  info->set_zero_point(tensor.zero_point);
  info->set_size_bytes(tensor.bytes);
}

void describe_operator(const model::OperatorInfo& op, v1::OperatorInfo* info) {
  info->set_index(op.index);
  info->set_kind(op.kind);
  info->set_shape(op.shape);
  info->set_macs(op.macs);
  info->set_weight_bytes(op.weight_bytes);
}

}  // namespace tinyrig::inspect
