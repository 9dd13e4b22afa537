// What a model will take on types of boards: operators, kernels, arena plan, flash and RAM, and what does not
// fit. From packer and catalog alone; no board, store or server is needed.
//
// Thread-safe: pure functions. Packs once per core, up to a second each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/pack.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::inspect {

/// One inspection for each type, in their order. Of a model with operators that the engine cannot run, each tells all
/// operators and what is in the way of which. INVALID_ARGUMENT with the reasons of server/model/errors.h: not even the
/// operators can be told; CORE_UNKNOWN: a type's core is none that the packer knows.
absl::StatusOr<std::vector<v1::Inspection>> inspect_model(const std::string& name, std::span<const std::uint8_t> tflite,
                                                          const std::vector<v1::BoardType>& types);

/// The types named, in that order; all when none is. NOT_FOUND BOARD_TYPE_UNKNOWN names those that exist.
absl::StatusOr<std::vector<v1::BoardType>> choose_types(const std::vector<v1::BoardType>& catalog,
                                                        std::span<const std::string> ids);

}  // namespace tinyrig::inspect
