#include "agent_firmware/engine/image.h"

#include "agent_firmware/engine/bounds.h"
#include "agent_firmware/engine/kernel.h"
#include "wire/link/crc32.h"

namespace tinyrig::engine {
namespace {

using runtime::Error;

bool tensor_fits(const packed::Tensor& tensor, const Bounds& bounds, bool writable) {
  if (tensor.rank > packed::kMaxRank) {
    return false;
  }
  std::uint32_t element_bytes = 0;
  switch (tensor.type) {
    case packed::ElementType::kInt8:
      element_bytes = 1;
      break;
    case packed::ElementType::kFloat32:
    case packed::ElementType::kInt32:
      element_bytes = 4;
      break;
    default:
      return false;
  }
  const std::uint64_t count = element_count(std::span(tensor.dims, tensor.rank));
  return count != 0 && count * element_bytes == tensor.bytes &&
         (writable ? bounds.writable(tensor.data, count, element_bytes)
                   : bounds.readable(tensor.data, count, element_bytes));
}

}  // namespace

Error Image::check() {
  const Error error = check_header();
  if (error != Error::kOk) {
    return error;
  }
  return operators_fit() && tensors_fit() ? Error::kOk : Error::kBadModel;
}

Error Image::check_header() {
  if (bytes_.size() < sizeof(packed::Header) ||
      reinterpret_cast<std::uintptr_t>(bytes_.data()) % packed::kAlignment != 0) {
    return Error::kBadModel;
  }
  if (header().magic != packed::kMagic) {
    return Error::kBadModel;
  }
  if (header().version != packed::kVersion) {
    return Error::kNotForThisCore;
  }
  if (header().image_bytes < sizeof(packed::Header) || header().image_bytes > bytes_.size() ||
      header().header_bytes != sizeof(packed::Header)) {
    return Error::kBadModel;
  }
  bytes_ = bytes_.first(header().image_bytes);
  constexpr std::size_t kAfterCrc = offsetof(packed::Header, crc32) + sizeof(packed::Header::crc32);
  if (link::crc32(bytes_.subspan(kAfterCrc)) != header().crc32) {
    return Error::kBadModel;
  }
  if (header().core != packed::Core::kPortable && header().core != this_core()) {
    return Error::kNotForThisCore;
  }
  return Error::kOk;
}

bool Image::block_fits(std::uint32_t offset, std::uint64_t count, std::size_t element_bytes) const {
  return offset % packed::kAlignment == 0 && offset + count * element_bytes <= bytes_.size();
}

bool Image::operators_fit() const {
  const Bounds bounds(bytes_, header().arena_bytes);
  if (header().operator_count == 0 ||
      !block_fits(header().operators_offset, header().operator_count, sizeof(packed::Operator))) {
    return false;
  }
  for (const packed::Operator& op : operators()) {
    const Kernel* kernel = find_kernel(op.kind, op.kernel);
    if (kernel == nullptr || !block_fits(op.params_offset, op.params_bytes, 1) ||
        !bounds.writable(op.output, op.output_bytes) || !kernel->check(params(op), op.params_bytes, bounds)) {
      return false;
    }
  }
  return true;
}

bool Image::tensors_fit() const {
  const Bounds bounds(bytes_, header().arena_bytes);
  const std::uint64_t count = std::uint64_t{header().input_count} + header().output_count;
  if (header().input_count == 0 || header().output_count == 0 ||
      !block_fits(header().tensors_offset, count, sizeof(packed::Tensor))) {
    return false;
  }
  for (const packed::Tensor& tensor : inputs()) {
    if (!tensor_fits(tensor, bounds, true)) {
      return false;
    }
  }
  for (const packed::Tensor& tensor : outputs()) {
    if (!tensor_fits(tensor, bounds, false)) {
      return false;
    }
  }
  return true;
}

}  // namespace tinyrig::engine
