// The whole way from a checked graph to the image that the engine runs in place, with what people and the
// API want to know about it.
//
// Thread-safe: pure functions. Costs at most about a second and a few times kMaxImageBytes of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/arena_plan.h"
#include "server/model/graph.h"
#include "wire/packed_model/format.h"

namespace tinyrig::model {

struct OperatorInfo {
  std::uint32_t index = 0;  // in the .tflite
  std::string kind;         // "CONV_2D"
  std::string shape;        // "1x49x10x1 * 64x10x4x1 -> 1x25x5x64"
  std::string kernel;       // "portable"
  std::uint64_t macs = 0;
  std::uint64_t weight_bytes = 0;      // constants of the .tflite that it reads
  std::uint32_t arena_live_bytes = 0;  // tensors and scratch that must exist while it runs
};

struct TensorInfo {
  std::string name;
  std::string type;  // "int8"
  std::vector<std::int32_t> shape;
  float scale = 0.0F;  // 0: not quantized
  std::int32_t zero_point = 0;
  std::uint32_t bytes = 0;
};

TensorInfo tensor_info(const Tensor& tensor);

/// A tensor's or scratch's place in the arena, named for people.
struct PlacementInfo {
  std::string name;
  Placement placement;
};

struct PackedModel {
  std::vector<std::byte> image;  // begins with packed::Header
  packed::Core core =
      packed::Core::kPortable;  // that the image is for: portable when no operator needs a core's kernel
  std::string sha256;           // of the .tflite, lower-case hex
  std::vector<TensorInfo> inputs, outputs;
  std::vector<OperatorInfo> operators;
  std::uint64_t macs = 0;
  std::uint64_t weight_bytes = 0;
  std::uint32_t arena_bytes = 0;
  std::uint32_t arena_lower_bound_bytes = 0;  // no placement of these tensors can need less
  std::uint32_t live_set_bytes = 0;           // the same, counted without sharing and scratch (as TFLM's planner must)
  std::vector<PlacementInfo> plan;
  std::vector<std::byte> portable_image;  // the same model for reference_run(); empty when `image` is portable

  const std::vector<std::byte>& reference_image() const {
    return core == packed::Core::kPortable ? image : portable_image;
  }
};

struct PackOptions {
  std::string model_id;                   // MLPerf Tiny's id ("kws01"), at most 16 characters; may be empty
  MemoryReuse reuse = MemoryReuse::kAll;  // kNone: for looking at every tensor after a run
};

/// INVALID_ARGUMENT with a reason of errors.h when the engine cannot run the model.
absl::StatusOr<PackedModel> pack(const Graph& graph, packed::Core core, const PackOptions& options = {});

/// parse_tflite() and pack().
absl::StatusOr<PackedModel> pack_tflite(std::span<const std::uint8_t> file, packed::Core core,
                                        const PackOptions& options = {});

/// Lower-case hex of SHA-256.
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace tinyrig::model
