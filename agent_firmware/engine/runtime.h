// The runtime interface: what the agent asks of an inference engine. Our engine implements it; another
// one can be linked in its place (docs/runtimes.md). One model at a time, no heap, single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::runtime {

enum class Error : std::uint8_t {
  kOk = 0,
  kBadModel,        // not an image, damaged, or an offset or shape out of bounds
  kNotForThisCore,  // packed for another core, or with a newer format
  kArenaTooSmall,   // LoadReport::missing_bytes says by how much
  kNoModel,
  kOperatorFailed,
};

struct LoadReport {
  std::uint32_t arena_bytes;    // that the model needs
  std::uint32_t missing_bytes;  // of kArenaTooSmall
  std::uint16_t operator_count;
};

// Called after each operator when given to run(). `output` is the operator's first output.
struct OperatorHook {
  void (*after)(void* context, std::uint16_t operator_index, std::span<const std::byte> output);
  void* context;
};

// "tinyrig 0.1.0": name and version, a dimension of every result.
const char* name();

// The core whose images it runs best: a value of packed::Core.
std::uint8_t core();

// Checks the image and makes it the current model. The image and the arena must outlive it; both
// aligned to 16 bytes. On an error no model is loaded.
Error load(std::span<const std::byte> image, std::span<std::byte> arena, LoadReport& report);
void unload();

// Valid after load(). Inputs may be overwritten by run(): fill them before each inference.
std::size_t input_count();
std::span<std::byte> input(std::size_t index);
std::size_t output_count();
std::span<const std::byte> output(std::size_t index);

// One inference, from the input tensors to the output tensors. Without a hook nothing is instrumented.
Error run(const OperatorHook* hook = nullptr);

}  // namespace tinyrig::runtime
