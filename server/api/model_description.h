// What the API tells of a model, from its .tflite bytes. A pure function: hostile bytes in, message or
// reason out.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::api {

/// All of v1::Model but name, expected outputs and creation time.
/// INVALID_ARGUMENT with the reasons of server/model/errors.h: the engine cannot run it.
absl::StatusOr<v1::Model> describe_model(const std::string& tflite);

}  // namespace tinyrig::api
