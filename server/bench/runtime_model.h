// A model for one runtime: the bytes that go to the board, what is known of them beforehand, and whether they
// fit there. Pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "server/model/fit.h"
#include "server/model/pack.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::bench {

struct RuntimeModel {
  v1::AgentRuntime runtime;
  // Of a runtime that takes the .tflite: packed for no core. Its operators and reference outputs hold all the same.
  std::shared_ptr<const model::PackedModel> packed;
  // Sent in place of the packed image; null: that is sent.
  std::shared_ptr<const std::string> tflite;

  std::span<const std::uint8_t> bytes() const;
  // nullopt: the runtime plans its memory when it loads.
  std::optional<std::uint64_t> arena_bytes() const;
};

// UNIMPLEMENTED (MODEL_FORMAT_UNKNOWN): it takes what this server does not know. Of one that takes the .tflite: none.
absl::StatusOr<packed::Core> core_to_pack_for(const v1::AgentRuntime& runtime);

// What a model finds on a board. Only the agent can put a .tflite into the slot: it knows its length by having
// received it, while a packed image says its own, whoever wrote it.
model::BoardMemory memory_for(const RuntimeModel& model, std::uint64_t model_ram_bytes, std::uint64_t model_slot_bytes,
                              bool agent_writes_slot);

// Why a model does not fit, by a board's numbers.
struct TooLarge {
  std::string reason;  // MODEL_TOO_LARGE_FOR_RAM, MODEL_TOO_LARGE_FOR_SLOT
  std::uint64_t missing_bytes = 0;
  std::string message;
};

// nullopt: it fits, as far as can be known before a runtime has loaded it. `model_name` and the board type's id are
// for the message.
std::optional<TooLarge> too_large(const std::string& model_name, const std::string& board_type,
                                  std::uint64_t image_bytes, std::optional<std::uint64_t> arena_bytes,
                                  const model::BoardMemory& board);

}  // namespace tinyrig::bench
