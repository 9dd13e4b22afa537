// What an operator's check may ask: does a data reference lie within the image or the arena. All sizes are
// 64 bit, so that no sum or product of 32-bit fields can wrap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "wire/packed_model/format.h"
#include "wire/packed_model/params.h"

namespace tinyrig::engine {

inline constexpr std::int32_t kMaxExtent = 32767;  // of a spatial dimension: products of two fit in int32

class Bounds {
 public:
  Bounds(std::span<const std::byte> image, std::uint32_t arena_bytes) : image_(image), arena_bytes_(arena_bytes) {}

  // `count` elements of `element_bytes` at `ref`, within the image or the arena and aligned.
  bool readable(packed::DataRef ref, std::uint64_t count, std::uint32_t element_bytes = 1) const;
  // The same, in the arena.
  bool writable(packed::DataRef ref, std::uint64_t count, std::uint32_t element_bytes = 1) const;
  // The image from a constant on; empty when `ref` is none.
  std::span<const std::byte> constant_bytes(packed::DataRef ref) const;
  // `count` shifts or multipliers in the image, each within [low, high].
  bool constants(packed::DataRef ref, std::uint64_t count, std::int32_t low, std::int32_t high) const;
  // `count` packed::Requantization in the image, each with multiplier and shift in range.
  bool requantizations(packed::DataRef ref, std::uint64_t count, std::int32_t max_shift = packed::kMaxRightShift) const;

 private:
  std::span<const std::byte> image_;
  std::uint32_t arena_bytes_;
};

inline bool within(std::int32_t x, std::int32_t low, std::int32_t high) { return low <= x && x <= high; }

// Elements of a shape; 0 when a dimension is not positive or the product exceeds what a 32-bit offset reaches.
std::uint64_t element_count(std::span<const std::int32_t> dims);
std::uint64_t element_count(const packed::Shape4& shape);

// NHWC with h and w up to kMaxExtent.
bool spatial_shape(const packed::Shape4& shape);

// Elements reached from a start: the lowest and highest offset of a walk over dims by strides. False when a
// dimension is not positive or an offset leaves 32 bits.
struct Reach {
  std::int64_t low;
  std::int64_t high;
};
bool reach(std::span<const std::int32_t> dims, std::span<const std::int32_t> strides, Reach& out);

bool quantized_output(std::int32_t output_offset, std::int32_t activation_min, std::int32_t activation_max);
bool input_offset(std::int32_t offset);

inline constexpr std::int32_t kMinShift = -31;
inline constexpr std::int32_t kMaxShift = 30;
inline constexpr std::int32_t kMaxMultiplier = std::numeric_limits<std::int32_t>::max();

}  // namespace tinyrig::engine
