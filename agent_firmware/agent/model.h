// The model on the board: where its image, arena and input lie in the port's memories, and the one that
// is loaded into the runtime.
//
//   model RAM:  [image, if in RAM][arena ........][copy of a transferred input][latency samples]
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent_firmware/agent/messages.h"
#include "agent_firmware/agent/runtime.h"
#include "wire/packed_model/format.h"

namespace tinyrig::agent {

class Model {
 public:
  using RunModel = runtime::Error (*)(const runtime::OperatorHook*);
  explicit Model(RunModel run_model) : run_(run_model) {}

  // Model RAM without the part for samples.
  static std::span<std::byte> ram();
  static std::span<std::uint64_t> samples();
  struct SlotImage {
    std::uint32_t bytes = 0;  // 0: none
    std::uint32_t crc32 = 0;  // the header's
  };
  // The packed model in the slot, its CRC checked; the answer is kept until slot_changed().
  SlotImage slot_image();
  // The same of the RAM, where one outlives a reset on most boards.
  static SlotImage ram_image();
  void slot_changed() { slot_known_ = false; }
  // What the header in the slot says of itself, the rest unchecked.
  static SlotImage slot_header();

  // Loads the model of `model_bytes` in RAM, or in the slot.
  Failure load_from_ram(std::size_t model_bytes);
  Failure load_from_slot(std::size_t model_bytes);
  void unload();
  bool loaded() const { return loaded_; }
  bool loaded_from_slot() const { return loaded_ && from_slot_; }

  tinyrig_agent_v1_ModelInfo info() const;
  // Of a loaded packed model, what its image says of itself. False: it is of another format.
  bool packed_header(packed::Header& header) const;
  // Inputs first, then outputs; `index` is below their number.
  packed::Tensor packed_tensor(const packed::Header& header, std::size_t index) const;
  std::uint16_t operator_count() const { return report_.operator_count; }
  std::size_t input_bytes() const;
  std::size_t output_bytes() const;

  // Where a transferred input goes; empty with a failure when there is no room beside the arena.
  Failure input_copy(std::span<std::byte>& place) const;
  Failure set_input_seed(std::uint32_t seed);
  Failure set_input_transferred();
  bool has_input() const { return input_ != Input::kNone; }

  // Fills the inputs anew (a run may overwrite them), and runs once.
  void fill_inputs();
  runtime::Error run(const runtime::OperatorHook* hook = nullptr) { return run_(hook); }
  std::uint32_t output_fnv1a32() const;

 private:
  Failure load(std::span<const std::byte> model, std::span<std::byte> arena, bool from_slot);

  enum class Input : std::uint8_t { kNone, kSeed, kTransferred };

  RunModel run_;
  bool loaded_ = false;
  bool from_slot_ = false;
  bool slot_known_ = false;
  SlotImage slot_;
  Input input_ = Input::kNone;
  std::uint32_t seed_ = 0;
  runtime::LoadReport report_{};
  std::span<const std::byte> bytes_;  // of the model
};

}  // namespace tinyrig::agent
