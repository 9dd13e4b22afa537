#include "server/model/image_work.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "wire/packed_model/format.h"
#include "wire/packed_model/params.h"

namespace tinyrig::model {
namespace {

using packed::OperatorKind;

template <class T>
T read(std::span<const std::byte> image, std::size_t offset) {
  T object{};
  std::memcpy(&object, image.data() + offset, sizeof(object));
  return object;
}

std::uint64_t product(std::initializer_list<std::int32_t> factors) {
  std::uint64_t result = 1;
  for (const std::int32_t factor : factors) result *= static_cast<std::uint64_t>(factor);
  return result;
}

std::uint64_t elements(const packed::Shape4& shape) { return product({shape.n, shape.h, shape.w, shape.c}); }

std::uint64_t steps_of(const packed::Operator& op, std::span<const std::byte> image) {
  switch (op.kind) {
    case OperatorKind::kConv2d:
    case OperatorKind::kTransposeConv: {
      const auto p = read<packed::ConvParams>(image, op.params_offset);
      return elements(p.output_shape) * product({p.kernel_h, p.kernel_w, p.input_shape.c});
    }
    case OperatorKind::kDepthwiseConv2d: {
      const auto p = read<packed::ConvParams>(image, op.params_offset);
      return elements(p.output_shape) * product({p.kernel_h, p.kernel_w});
    }
    case OperatorKind::kFullyConnected: {
      const auto p = read<packed::FullyConnectedParams>(image, op.params_offset);
      return product({p.batches, p.inputs}) * static_cast<std::uint64_t>(p.outputs);
    }
    case OperatorKind::kAveragePool2d:
    case OperatorKind::kMaxPool2d: {
      const auto p = read<packed::PoolParams>(image, op.params_offset);
      return elements(p.output_shape) *
             product({std::min(p.filter_h, p.input_shape.h), std::min(p.filter_w, p.input_shape.w)});
    }
    case OperatorKind::kMean: {
      const auto p = read<packed::MeanParams>(image, op.params_offset);
      return op.output_bytes * static_cast<std::uint64_t>(p.count);
    }
    default:
      return op.output_bytes;
  }
}

}  // namespace

std::uint64_t steps_of_inference(std::span<const std::byte> image) {
  const auto header = read<packed::Header>(image, 0);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < header.operator_count; ++i) {
    const auto op = read<packed::Operator>(image, header.operators_offset + i * sizeof(packed::Operator));
    const std::uint64_t steps = steps_of(op, image);
    sum = steps > std::numeric_limits<std::uint64_t>::max() - sum ? std::numeric_limits<std::uint64_t>::max()
                                                                  : sum + steps;
  }
  return sum;
}

}  // namespace tinyrig::model
