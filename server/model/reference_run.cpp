#include "server/model/reference_run.h"

#include <cstring>
#include <new>

#include "agent_firmware/engine/engine.h"
#include "server/base/error.h"
#include "server/model/image_work.h"
#include "server/model/limits.h"
#include "wire/fnv1a.h"
#include "wire/golden_input.h"
#include "wire/packed_model/format.h"

namespace tinyrig::model {
namespace {

constexpr std::uint64_t kMaxArenaBytes = std::uint64_t{512} << 20;

struct alignas(packed::kAlignment) Block {
  std::byte bytes[packed::kAlignment];
};

// Bytes at an aligned address, zeroed.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::size_t size)
      : blocks_((size + packed::kAlignment - 1) / packed::kAlignment), size_(size) {}
  std::span<std::byte> span() { return {reinterpret_cast<std::byte*>(blocks_.data()), size_}; }

 private:
  std::vector<Block> blocks_;
  std::size_t size_;
};

struct OperatorRecorder {
  const engine::Engine& engine;
  ReferenceRun& run;

  static void after(void* context, std::uint16_t operator_index) {
    auto& self = *static_cast<OperatorRecorder*>(context);
    self.run.operator_fnv1a32.push_back(wire::fnv1a_32(self.engine.operator_output(operator_index)));
  }
};

void fill_inputs(const engine::Engine& engine, std::uint32_t seed, ReferenceRun& run) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < engine.input_count(); ++i) bytes += engine.input(i).size();
  std::vector<std::byte> stream(bytes);
  wire::fill_golden_input(seed, std::span(stream));
  run.input_fnv1a32 = wire::fnv1a_32(stream);
  std::size_t at = 0;
  for (std::size_t i = 0; i < engine.input_count(); ++i) {
    const std::span<std::byte> input = engine.input(i);
    std::memcpy(input.data(), stream.data() + at, input.size());
    at += input.size();
  }
}

}  // namespace

absl::StatusOr<ReferenceRun> reference_run(std::span<const std::byte> image, std::uint32_t seed,
                                           std::uint64_t max_steps) {
  packed::Header header{};
  if (image.size() < sizeof(header)) return absl::InvalidArgumentError("the packed model is cut off");
  std::memcpy(&header, image.data(), sizeof(header));
  if (header.arena_bytes > kMaxArenaBytes) {
    return make_error(absl::StatusCode::kResourceExhausted, "MODEL_TOO_LARGE",
                      "the arena needs " + std::to_string(header.arena_bytes) + " bytes");
  }
  AlignedBytes image_copy(image.size()), arena(header.arena_bytes);
  std::memcpy(image_copy.span().data(), image.data(), image.size());

  engine::Engine engine;
  runtime::LoadReport report;
  const runtime::Error loaded = engine.load(image_copy.span(), arena.span(), report);
  if (loaded != runtime::Error::kOk) {
    return make_error(absl::StatusCode::kInvalidArgument, "MODEL_REFUSED_BY_ENGINE",
                      "the engine refuses the packed model: error " + std::to_string(static_cast<int>(loaded)));
  }
  if (const std::uint64_t steps = steps_of_inference(image); steps > max_steps) {
    return make_error(
        absl::StatusCode::kResourceExhausted, "MODEL_TOO_HEAVY",
        "one inference takes " + std::to_string(steps) + " steps; the limit is " + std::to_string(max_steps),
        "use a model that is meant for a microcontroller");
  }
  ReferenceRun run;
  fill_inputs(engine, seed, run);
  OperatorRecorder recorder{engine, run};
  const runtime::OperatorHook hook{&OperatorRecorder::after, &recorder};
  if (engine.run(&hook) != runtime::Error::kOk) {
    return make_error(absl::StatusCode::kInternal, "ENGINE_FAILED", "an operator failed in the reference run");
  }
  for (std::size_t i = 0; i < engine.output_count(); ++i) {
    const std::span<const std::byte> output = engine.output(i);
    run.output.insert(run.output.end(), output.begin(), output.end());
  }
  run.output_fnv1a32 = wire::fnv1a_32(run.output);
  return run;
}

}  // namespace tinyrig::model
