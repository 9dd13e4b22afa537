// A packed image in memory: checks it whole, then gives its tables. The bytes are untrusted until check()
// said kOk; after that the accessors and the kernels rely on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent_firmware/agent/runtime.h"
#include "wire/packed_model/format.h"

namespace tinyrig::engine {

class Image {
 public:
  Image() = default;
  explicit Image(std::span<const std::byte> bytes) : bytes_(bytes) {}

  // kBadModel, kNotForThisCore, or kOk: every table, operator and tensor lies within image and arena. Cuts
  // the bytes down to the image's own size.
  runtime::Error check();

  const packed::Header& header() const { return *at<packed::Header>(0); }
  std::span<const packed::Operator> operators() const {
    return {at<packed::Operator>(header().operators_offset), header().operator_count};
  }
  std::span<const packed::Tensor> inputs() const {
    return {at<packed::Tensor>(header().tensors_offset), header().input_count};
  }
  std::span<const packed::Tensor> outputs() const {
    return {at<packed::Tensor>(header().tensors_offset) + header().input_count, header().output_count};
  }
  const void* params(const packed::Operator& op) const { return bytes_.data() + op.params_offset; }
  const std::byte* data() const { return bytes_.data(); }

 private:
  template <typename T>
  const T* at(std::uint32_t offset) const {
    return reinterpret_cast<const T*>(bytes_.data() + offset);
  }
  runtime::Error check_header();
  bool block_fits(std::uint32_t offset, std::uint64_t count, std::size_t element_bytes) const;
  bool operators_fit() const;
  bool tensors_fit() const;

  std::span<const std::byte> bytes_;
};

}  // namespace tinyrig::engine
