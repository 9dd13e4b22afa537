// The runtime interface: what the agent asks of an inference engine. A firmware links one implementation
// (agent_firmware/runtimes/<name>/); docs/runtimes.md says what each function must guarantee. One model at a
// time, no heap, single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::runtime {

// What load() takes: values of ModelFormat in agent.proto.
enum class ModelFormat : std::uint8_t {
  kPacked = 1,  // the server's packed image (docs/packed_model.md)
  kTflite = 2,  // the .tflite as it is
};

// One way to run models, as jobs ask for it and as it stands on the leaderboard.
struct Description {
  const char* name;     // "tinyrig": lower case, at most 15 characters
  const char* version;  // "0.1.0", at most 23 characters
  ModelFormat model_format;
  std::uint8_t core;  // of packed models: the packed::Core to pack for; 0: portable
};

// Every way that this firmware offers, at least one and at most three; the best first.
std::span<const Description> descriptions();

enum class Error : std::uint8_t {
  kOk = 0,
  kBadModel,        // not of a format that it takes, damaged, or an offset or shape out of bounds
  kNotForThisCore,  // packed for another core, or with a newer format
  kArenaTooSmall,   // LoadReport::missing_bytes says by how much
  kUnsupported,     // a sound model with an operator, type or shape that this runtime lacks
  kNoModel,
  kOperatorFailed,
};

struct LoadReport {
  std::uint32_t arena_bytes = 0;    // that the model needs
  std::uint32_t missing_bytes = 0;  // of kArenaTooSmall; 0: unknown
  std::uint16_t operator_count = 0;
  const char* text = nullptr;  // of an error: a literal for people, at most 95 characters; may be null
};

// Called after each operator when given to run(). `operator_index` counts the model's operators in the
// .tflite's order. No more than that: what it costs counts as the operator's time.
struct OperatorHook {
  void (*after)(void* context, std::uint16_t operator_index);
  void* context;
};

// Checks the model and makes it the current one. Model and arena must outlive it; both are aligned to 16
// bytes. On an error no model is loaded.
Error load(std::span<const std::byte> model, std::span<std::byte> arena, LoadReport& report);
void unload();

// Valid after load(). Inputs may be overwritten by run(): fill them before each inference.
std::size_t input_count();
std::span<std::byte> input(std::size_t index);
std::size_t output_count();
std::span<const std::byte> output(std::size_t index);

// One inference, from the input tensors to the output tensors. Without a hook nothing is instrumented.
Error run(const OperatorHook* hook = nullptr);
// The first output of an operator, for its hook: whole only until the next one runs. Empty when the runtime
// cannot show it.
std::span<const std::byte> operator_output(std::uint16_t operator_index);

// Bytes of the arena that were used since load(), measured, not planned; 0: unknown.
std::size_t arena_used_bytes();
// The part of the arena that neither load() nor run() touches, for the agent's own use; may be empty.
std::span<std::byte> spare_arena();

}  // namespace tinyrig::runtime
