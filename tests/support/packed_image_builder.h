// Builds packed images for tests, by hand: what the server's packer does for real models. It checks
// nothing, so that a test can also build what load() must refuse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "wire/link/crc32.h"
#include "wire/packed_model/format.h"
#include "wire/packed_model/params.h"

namespace tinyrig::test {

// Bytes at a multiple of packed::kAlignment, as an image and an arena need.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::size_t size = 0)
      : blocks_((size + packed::kAlignment - 1) / packed::kAlignment), size_(size) {}

  std::byte* data() { return reinterpret_cast<std::byte*>(blocks_.data()); }
  const std::byte* data() const { return reinterpret_cast<const std::byte*>(blocks_.data()); }
  std::size_t size() const { return size_; }
  std::span<std::byte> span() { return {data(), size_}; }
  std::span<const std::byte> span() const { return {data(), size_}; }

 private:
  struct alignas(packed::kAlignment) Block {
    std::byte bytes[packed::kAlignment];
  };
  std::vector<Block> blocks_;
  std::size_t size_;
};

inline void seal(std::span<std::byte> image) {
  constexpr std::size_t kAfterCrc = offsetof(packed::Header, crc32) + sizeof(packed::Header::crc32);
  if (image.size() < sizeof(packed::Header)) {
    return;
  }
  std::uint32_t image_bytes = 0;
  std::memcpy(&image_bytes, image.data() + offsetof(packed::Header, image_bytes), sizeof(image_bytes));
  if (image_bytes < kAfterCrc || image_bytes > image.size()) {
    return;
  }
  const std::uint32_t crc = link::crc32(std::span<const std::byte>(image).subspan(kAfterCrc, image_bytes - kAfterCrc));
  std::memcpy(image.data() + offsetof(packed::Header, crc32), &crc, sizeof(crc));
}

class PackedImageBuilder {
 public:
  PackedImageBuilder() : bytes_(sizeof(packed::Header)) {}

  // A region of the arena.
  packed::DataRef arena(std::size_t bytes) {
    const std::uint32_t offset = arena_bytes_;
    arena_bytes_ +=
        static_cast<std::uint32_t>((bytes + packed::kAlignment - 1) / packed::kAlignment * packed::kAlignment);
    return offset;
  }

  // A block of the image.
  template <typename T>
  packed::DataRef constants(const std::vector<T>& values) {
    return packed::kInImage | append(values.data(), values.size() * sizeof(T));
  }

  // `trailing`: words that follow the parameters (kConcatenation, kSplit).
  template <typename Params>
  void add_operator(packed::OperatorKind kind, const Params& params, packed::DataRef output, std::size_t output_bytes,
                    const std::vector<std::uint32_t>& trailing = {}) {
    const auto* fixed = reinterpret_cast<const std::byte*>(&params);
    std::vector<std::byte> block(fixed, fixed + sizeof(Params));
    const auto words = std::as_bytes(std::span(trailing));
    block.insert(block.end(), words.begin(), words.end());
    packed::Operator op = {};
    op.kind = kind;
    op.source_index = static_cast<std::uint16_t>(operators_.size());
    op.params_bytes = static_cast<std::uint32_t>(block.size());
    op.params_offset = append(block.data(), block.size());
    op.output = output;
    op.output_bytes = static_cast<std::uint32_t>(output_bytes);
    operators_.push_back(op);
  }

  void add_input(packed::DataRef data, std::size_t elements, packed::ElementType type = packed::ElementType::kInt8) {
    inputs_.push_back(tensor(data, elements, type));
  }
  void add_output(packed::DataRef data, std::size_t elements, packed::ElementType type = packed::ElementType::kInt8) {
    outputs_.push_back(tensor(data, elements, type));
  }

  AlignedBytes build() {
    packed::Header header = {};
    header.magic = packed::kMagic;
    header.version = packed::kVersion;
    header.header_bytes = sizeof(packed::Header);
    header.core = packed::Core::kPortable;
    header.arena_bytes = arena_bytes_;
    header.operator_count = static_cast<std::uint16_t>(operators_.size());
    header.input_count = static_cast<std::uint16_t>(inputs_.size());
    header.output_count = static_cast<std::uint16_t>(outputs_.size());
    header.operators_offset = append(operators_.data(), operators_.size() * sizeof(packed::Operator));
    std::vector<packed::Tensor> tensors = inputs_;
    tensors.insert(tensors.end(), outputs_.begin(), outputs_.end());
    header.tensors_offset = append(tensors.data(), tensors.size() * sizeof(packed::Tensor));
    header.image_bytes = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &header, sizeof(header));
    AlignedBytes image(bytes_.size());
    std::memcpy(image.data(), bytes_.data(), bytes_.size());
    seal(image.span());
    return image;
  }

  std::uint32_t arena_bytes() const { return arena_bytes_; }

 private:
  std::uint32_t append(const void* data, std::size_t size) {
    bytes_.resize((bytes_.size() + packed::kAlignment - 1) / packed::kAlignment * packed::kAlignment);
    const std::size_t offset = bytes_.size();
    bytes_.resize(offset + size);
    if (size != 0) {
      std::memcpy(bytes_.data() + offset, data, size);
    }
    return static_cast<std::uint32_t>(offset);
  }

  static packed::Tensor tensor(packed::DataRef data, std::size_t elements, packed::ElementType type) {
    packed::Tensor t = {};
    t.data = data;
    t.bytes = static_cast<std::uint32_t>(elements * (type == packed::ElementType::kInt8 ? 1 : 4));
    t.type = type;
    t.rank = 1;
    t.dims[0] = static_cast<std::int32_t>(elements);
    t.scale = 1.0F;
    return t;
  }

  std::vector<std::byte> bytes_;
  std::uint32_t arena_bytes_ = 0;
  std::vector<packed::Operator> operators_;
  std::vector<packed::Tensor> inputs_;
  std::vector<packed::Tensor> outputs_;
};

}  // namespace tinyrig::test
