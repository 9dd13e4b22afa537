// The packed model: what the server makes of a .tflite, and what the engine runs in place.
//
// One flat little-endian image: header, operator table, tensor descriptions of inputs and outputs, and
// blocks (operator parameters, weights, biases, multipliers, tables) at offsets from the image's start.
// The image itself must lie at a multiple of kAlignment; every block starts at one.
//
// Untrusted: an image is checked whole (CRC, every offset and size, every shape) before it runs; after
// that kernels do not check again. Spec and version rule: docs/packed_model.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyrig::packed {

inline constexpr std::uint32_t kMagic = 0x4D505254;  // "TRPM"
inline constexpr std::uint16_t kVersion = 1;
inline constexpr std::size_t kAlignment = 16;
inline constexpr int kMaxRank = 6;

// Core that weights are laid out for. A board runs images for its own core and for kPortable.
enum class Core : std::uint8_t {
  kPortable = 0,
  kCortexM0 = 1,
  kCortexM3 = 2,
  kCortexM4 = 3,   // DSP extension
  kCortexM7 = 4,   // DSP extension
  kCortexM33 = 5,  // DSP extension
  kCortexM55 = 6,  // Helium
  kRv32imac = 7,
};

// What an operator does. Names follow TensorFlow Lite; several of its operators share a kind where
// the server reduced them to the same work (every int8 -> int8 unary is kLookup, every reshaping kCopy).
enum class OperatorKind : std::uint8_t {
  kConv2d = 1,
  kDepthwiseConv2d = 2,
  kTransposeConv = 3,
  kFullyConnected = 4,
  kAveragePool2d = 5,
  kMaxPool2d = 6,
  kAdd = 7,  // ADD and SUB
  kMul = 8,
  kConcatenation = 9,
  kPad = 10,
  kCopy = 11,  // RESHAPE, SQUEEZE, EXPAND_DIMS
  kTranspose = 12,
  kMean = 13,
  kSoftmax = 14,
  kLookup = 15,      // LOGISTIC, TANH, RELU, RELU6, HARD_SWISH, LEAKY_RELU, QUANTIZE int8 -> int8
  kQuantize = 16,    // float32 -> int8
  kDequantize = 17,  // int8 -> float32
  kStridedSlice = 18,
  kSplit = 19,
  kResizeNearestNeighbor = 20,
};

// Which kernel runs an operator: 0 is the portable one; others belong to a core and are chosen by the
// server from kind, core and shape.
using KernelVariant = std::uint8_t;
inline constexpr KernelVariant kPortableKernel = 0;

enum class ElementType : std::uint8_t { kInt8 = 1, kFloat32 = 2, kInt32 = 3 };

// Where data is: an arena offset, or (top bit set) an image offset of a constant.
using DataRef = std::uint32_t;
inline constexpr DataRef kInImage = 0x80000000U;
inline constexpr DataRef kNone = 0xFFFFFFFFU;

struct Header {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t header_bytes;
  std::uint32_t image_bytes;
  std::uint32_t crc32;  // of every byte after this field
  Core core;
  std::uint8_t reserved[3];
  std::uint32_t arena_bytes;  // activations and scratch
  std::uint16_t operator_count;
  std::uint16_t input_count;
  std::uint16_t output_count;
  std::uint16_t reserved2;
  std::uint32_t operators_offset;  // Operator[operator_count]
  std::uint32_t tensors_offset;    // Tensor[input_count + output_count]
  char model_id[16];               // "kws01": MLPerf Tiny's id, zero padded; may be empty
  std::uint8_t model_sha256[32];   // of the .tflite
};
static_assert(sizeof(Header) == 88);

struct Operator {
  OperatorKind kind;
  KernelVariant kernel;
  std::uint16_t source_index;  // operator in the .tflite
  std::uint32_t params_offset;
  std::uint32_t params_bytes;
  DataRef output;  // first output, for hashing and hooks
  std::uint32_t output_bytes;
};
static_assert(sizeof(Operator) == 20);

// An input or output of the model.
struct Tensor {
  DataRef data;
  std::uint32_t bytes;
  ElementType type;
  std::uint8_t rank;
  std::uint8_t reserved[2];
  std::int32_t dims[kMaxRank];
  float scale;
  std::int32_t zero_point;
};
static_assert(sizeof(Tensor) == 44);

}  // namespace tinyrig::packed
