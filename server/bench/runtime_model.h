// A model for one runtime: the bytes that go to the board, and what is known of them beforehand. Pure functions.
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

}  // namespace tinyrig::bench
