// Large objects on their way onto the board: a model into RAM or into the slot, an input. In order,
// resumable, checked by CRC-32 over the whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent_firmware/agent/messages.h"
#include "agent_firmware/agent/model.h"

namespace tinyrig::agent {

class Transfer {
 public:
  explicit Transfer(Model& model) : model_(model) {}

  Failure begin(const tinyrig_agent_v1_TransferBegin& request);
  // Bytes at `offset`. Fails once per transfer; what follows is ignored until the next begin().
  Failure data(std::uint32_t offset, std::span<const std::uint8_t> bytes);
  // Whole and undamaged, or why not.
  Failure end();

  tinyrig_agent_v1_TransferStatus status() const { return {.received_bytes = received_, .complete = complete_}; }
  // Bytes of a whole model in RAM, and in the slot; 0: none. Of a packed model its own header tells, else the
  // transfer that brought or recognized it in this boot.
  std::size_t ram_model_bytes() const { return ram_model_bytes_; }
  std::size_t slot_model_bytes() const {
    return slot_model_bytes_ != 0 ? slot_model_bytes_ : Model::slot_header().bytes;
  }
  bool has_input() const { return complete_ && destination_ == kInput; }
  // A model was loaded: an input that came for another one is void, and, when it came from the slot,
  // its arena covers a model in RAM.
  void on_load(bool from_slot);

 private:
  Failure open_destination(const tinyrig_agent_v1_TransferBegin& request);
  bool resume(const tinyrig_agent_v1_TransferBegin& request);
  bool ram_holds(const tinyrig_agent_v1_TransferBegin& request);
  void take(const tinyrig_agent_v1_TransferBegin& request, std::uint32_t received_bytes);
  Failure store(std::span<const std::uint8_t> bytes);
  Failure program(std::span<const std::byte> bytes);
  Failure fail(Failure failure);

  // The unit in which a slot is programmed.
  static constexpr std::size_t kUnitBytes = 16;

  Model& model_;
  Destination destination_{};
  std::uint32_t size_ = 0;
  std::uint32_t expected_crc32_ = 0;
  std::uint32_t crc32_ = 0;
  std::uint32_t received_ = 0;
  bool open_ = false;
  bool complete_ = false;
  bool failed_ = false;
  std::uint32_t ram_model_bytes_ = 0;
  std::uint32_t slot_model_bytes_ = 0;
  std::span<std::byte> place_;  // RAM destinations
  std::byte unit_[kUnitBytes];  // slot: bytes that do not fill a unit yet
};

}  // namespace tinyrig::agent
