#include "agent_firmware/engine/kernels/helium/checks.h"

#include "agent_firmware/engine/kernels/portable/conv_check.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "wire/packed_model/helium.h"

namespace tinyrig::engine {
namespace {

namespace layout = packed::helium;

constexpr std::uint32_t kWord = sizeof(std::int32_t);  // vectors of constants are read in words

}  // namespace

bool helium::check_convolution(const packed::ConvParams& p, const Bounds& bounds) {
  const std::int32_t taps[] = {p.kernel_h, p.kernel_w, p.input_shape.c};
  if (!check_convolution_shape(p, bounds) || element_count(taps) == 0) {
    return false;
  }
  const auto groups = static_cast<std::uint64_t>(layout::convolution_groups(p));
  const std::uint64_t column_bytes = static_cast<std::uint64_t>(layout::convolution_steps(p)) * layout::kVectorBytes;
  const auto columns = static_cast<std::uint64_t>(layout::convolution_columns(p));
  return bounds.readable(p.weights, groups * layout::kGroupChannels * column_bytes / kWord, kWord) &&
         bounds.readable(p.bias, groups * sizeof(layout::Scales) / kWord, kWord) &&
         (layout::convolution_is_direct(p) || bounds.writable(p.scratch, columns * column_bytes));
}

bool helium::check_depthwise(const packed::ConvParams& p, const Bounds& bounds) {
  if (!check_convolution_shape(p, bounds) || layout::depthwise_patches(p) > layout::kMostPatches ||
      p.input_shape.c != p.output_shape.c) {
    return false;
  }
  const auto channels = static_cast<std::uint64_t>(p.output_shape.c);
  const auto scratch_words = static_cast<std::uint64_t>(layout::depthwise_scratch_bytes(p) + kWord - 1) / kWord;
  const std::uint64_t record_bytes =
      sizeof(layout::DepthwiseScale) + static_cast<std::uint64_t>(layout::depthwise_taps_bytes(p));
  return bounds.readable(p.weights, channels * record_bytes / kWord, kWord) &&
         bounds.writable(p.scratch, scratch_words, kWord);
}

bool helium::check_add(const packed::BinaryParams& p, const Bounds& bounds) {
  return portable::kAdd.check(&p, sizeof p, bounds) && layout::is_addition(p);
}

}  // namespace tinyrig::engine
