// The packer's words as the API's messages. Pure functions.
#pragma once

#include "server/model/pack.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::inspect {

/// Names are made clean text: they come from a hostile file.
void describe_tensor(const model::TensorInfo& tensor, v1::TensorInfo* info);
/// Without kernel and arena, which depend on the core.
void describe_operator(const model::OperatorInfo& op, v1::OperatorInfo* info);

}  // namespace tinyrig::inspect
