// Why a model does not fit on a type of board, in words. The decision itself is fit.h's.
//
// Thread-safe: a pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/model/fit.h"

namespace tinyrig::model {

struct TooLarge {
  std::string reason;  // MODEL_TOO_LARGE_FOR_RAM, MODEL_TOO_LARGE_FOR_SLOT
  std::uint64_t missing_bytes = 0;
  std::string message;
};

/// nullopt: it fits, as far as can be known before a runtime has loaded it. `model_name` and the board type's id are
/// for the message.
std::optional<TooLarge> too_large(const std::string& model_name, const std::string& board_type,
                                  std::uint64_t image_bytes, std::optional<std::uint64_t> arena_bytes,
                                  const BoardMemory& board);

}  // namespace tinyrig::model
