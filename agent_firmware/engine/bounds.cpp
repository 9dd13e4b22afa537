#include "agent_firmware/engine/bounds.h"

namespace tinyrig::engine {
namespace {

constexpr std::uint64_t kMaxElements = 0x7FFFFFFFU;

}  // namespace

bool Bounds::readable(packed::DataRef ref, std::uint64_t count, std::uint32_t element_bytes) const {
  if ((ref & packed::kInImage) == 0) {
    return writable(ref, count, element_bytes);
  }
  const std::uint32_t offset = ref & ~packed::kInImage;
  return count <= kMaxElements && offset % packed::kAlignment == 0 && offset + count * element_bytes <= image_.size();
}

bool Bounds::writable(packed::DataRef ref, std::uint64_t count, std::uint32_t element_bytes) const {
  return (ref & packed::kInImage) == 0 && count <= kMaxElements && ref % element_bytes == 0 &&
         ref + count * element_bytes <= arena_bytes_;
}

std::span<const std::byte> Bounds::constant_bytes(packed::DataRef ref) const {
  if ((ref & packed::kInImage) == 0 || !readable(ref, 0)) {
    return {};
  }
  return image_.subspan(ref & ~packed::kInImage);
}

bool Bounds::constants(packed::DataRef ref, std::uint64_t count, std::int32_t low, std::int32_t high) const {
  if ((ref & packed::kInImage) == 0 || !readable(ref, count, sizeof(std::int32_t))) {
    return false;
  }
  const auto* values = reinterpret_cast<const std::int32_t*>(image_.data() + (ref & ~packed::kInImage));
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!within(values[i], low, high)) {
      return false;
    }
  }
  return true;
}

bool Bounds::requantizations(packed::DataRef ref, std::uint64_t count, std::int32_t max_shift) const {
  if ((ref & packed::kInImage) == 0 || !readable(ref, 4 * count, sizeof(std::int32_t))) {
    return false;
  }
  const auto* scales = reinterpret_cast<const packed::Requantization*>(image_.data() + (ref & ~packed::kInImage));
  for (std::uint64_t i = 0; i < count; ++i) {
    if (scales[i].multiplier < 0 || !within(scales[i].shift, packed::kMinRightShift, max_shift)) {
      return false;
    }
  }
  return true;
}

std::uint64_t element_count(std::span<const std::int32_t> dims) {
  std::uint64_t count = 1;
  for (const std::int32_t dim : dims) {
    if (dim <= 0) {
      return 0;
    }
    count *= static_cast<std::uint64_t>(dim);  // both below 2^31
    if (count > kMaxElements) {
      return 0;
    }
  }
  return count;
}

std::uint64_t element_count(const packed::Shape4& shape) {
  const std::int32_t dims[] = {shape.n, shape.h, shape.w, shape.c};
  return element_count(dims);
}

bool spatial_shape(const packed::Shape4& shape) {
  return element_count(shape) != 0 && shape.h <= kMaxExtent && shape.w <= kMaxExtent;
}

bool reach(std::span<const std::int32_t> dims, std::span<const std::int32_t> strides, Reach& out) {
  if (element_count(dims) == 0) {
    return false;
  }
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const std::int64_t last = static_cast<std::int64_t>(dims[i] - 1) * strides[i];  // below 2^62
    (last < 0 ? out.low : out.high) += last;
    if (out.low < -static_cast<std::int64_t>(kMaxElements) || out.high > static_cast<std::int64_t>(kMaxElements)) {
      return false;
    }
  }
  return true;
}

bool quantized_output(std::int32_t output_offset, std::int32_t activation_min, std::int32_t activation_max) {
  return within(output_offset, -128, 127) && -128 <= activation_min && activation_min <= activation_max &&
         activation_max <= 127;
}

bool input_offset(std::int32_t offset) { return within(offset, -127, 128); }

}  // namespace tinyrig::engine
