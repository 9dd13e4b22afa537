// Models of one operator, for holding kernels against each other: shapes that hit every tail of a blocked loop,
// and quantization up to its extremes. The same name, seed and limits give the same model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tinyrig::test {

/// "conv_2d", "depthwise_conv_2d", ...
std::span<const std::string_view> random_operator_names();

struct OperatorLimits {
  std::size_t tensor_bytes = 8192;  // of the input and of the output
  std::size_t weight_bytes = 16384;
};

/// A .tflite. Not every one is accepted by the packer: a scale ratio may be beyond what it takes.
std::vector<std::uint8_t> random_operator(std::string_view name, std::uint32_t seed, const OperatorLimits& limits);

}  // namespace tinyrig::test
