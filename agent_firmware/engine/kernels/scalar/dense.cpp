// FULLY_CONNECTED, row by row. A word holds the weights of four channels, w + 128 in each byte, and is multiplied
// three times to keep the four sums apart, instead of four times and loaded four times:
//   all  += input * word                              s0 + 2^8 * s1 + 2^16 * s2 + 2^24 * s3
//   high += input * (word >> 16)                                             s2 + 2^8 * s3
//   odd  += input * (bytes 1 and 3 of the word)                 s1 + 2^16 * s3      (all mod 2^32)
// from which follow, each in 24 bits: all - 2^16 * high = s0 + 2^8 * s1 tells s0, as the low half of odd is that of
// s1; what is left is the rest of s1; then s3 follows from odd, and s2 from high. That the weights are 128 too large
// is taken off at the start, by the sum of the inputs.
//
// 9 instructions for four weights, and 2 for an input of 16 channels: 39.5 for 16 multiplications, with the loop's.
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/conv_check.h"
#include "agent_firmware/engine/kernels/scalar/arithmetic.h"
#include "agent_firmware/engine/kernels/scalar/scalar.h"
#include "wire/packed_model/scalar_layout.h"

namespace tinyrig::engine {
namespace {

using namespace scalar;

constexpr int kHeadroom = packed::scalar::kWideHeadroom;
constexpr std::int32_t kWordChannels = 4;

// Sums of four channels in the form above.
struct FourSums {
  std::uint32_t all, high, odd;

  void split(std::int32_t (&sums)[kWordChannels]) const {
    const auto low_half = [](std::uint32_t x) { return static_cast<std::uint32_t>(static_cast<std::int16_t>(x)); };
    const auto low_24 = [](std::uint32_t x) {
      return static_cast<std::uint32_t>(static_cast<std::int32_t>(x << 8) >> 8);
    };
    const auto above_24 = [](std::uint32_t x) {
      return static_cast<std::uint32_t>(static_cast<std::int32_t>(x) >> 24);
    };
    const std::uint32_t low_1 = low_half(odd);
    const std::uint32_t first = all - (high << 16) - (low_1 << 8);  // s0 + 2^24 * (s1 >> 16)
    const std::uint32_t s0 = low_24(first);
    const std::uint32_t high_1 = above_24(first - s0);
    const std::uint32_t low_3 = low_half(((odd - low_1) >> 16) - high_1);
    const std::uint32_t second = high - (low_3 << 8);  // s2 + 2^24 * (s3 >> 16)
    const std::uint32_t s2 = low_24(second);
    const std::uint32_t high_3 = above_24(second - s2);
    sums[0] = static_cast<std::int32_t>(s0);
    sums[1] = static_cast<std::int32_t>(low_1 + (high_1 << 16));
    sums[2] = static_cast<std::int32_t>(s2);
    sums[3] = static_cast<std::int32_t>(low_3 + (high_3 << 16));
  }
};

// What the excess of the weights adds up to, taken off.
FourSums start(const std::int8_t* input, const std::int8_t* end) {
  std::uint32_t sum = 0;
  while (input != end) sum += static_cast<std::uint32_t>(std::int32_t{*input++});
  const std::uint32_t excess = 0U - 128U * sum;
  return {excess * 0x01010101U, excess * 0x0101U, excess * 0x00010001U};
}

// The sums of kWords * 4 channels while they are added up: an array each, which GCC 12 keeps in registers.
template <int kWords>
struct RowSums {
  std::uint32_t all[kWords], high[kWords], odd[kWords];

  [[gnu::always_inline]] void add(const std::uint32_t* weights, std::int32_t input) {
#pragma GCC unroll 4
    for (int i = 0; i < kWords; ++i) {
      const std::uint32_t word = weights[i];
      multiply_add(all[i], word, static_cast<std::uint32_t>(input));
      multiply_add(high[i], word >> 16, static_cast<std::uint32_t>(input));
      multiply_add_odd_bytes(odd[i], word, input);
    }
  }
};

// kWords * 4 channels of one row. Returns where the weights go on.
template <int kWords>
[[gnu::noinline]] const std::uint32_t* add_row(const std::uint32_t* weights, const std::int8_t* input,
                                               const std::int8_t* end, FourSums first, FourSums (&stored)[kWords]) {
  RowSums<kWords> sums;
#pragma GCC unroll 4
  for (int i = 0; i < kWords; ++i) sums.all[i] = first.all, sums.high[i] = first.high, sums.odd[i] = first.odd;
  if ((end - input) % 2 != 0) {
    sums.add(weights, *input++);
    weights += kWords;
  }
  for (; input != end; input += 2, weights += 2 * kWords) {
    sums.add(weights, input[0]);
    sums.add(weights + kWords, input[1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < kWords; ++i) stored[i] = {sums.all[i], sums.high[i], sums.odd[i]};
  return weights;
}

struct Outputs {
  std::int8_t* next;
  std::int8_t* end;
  const packed::Requantization* scales;
  OutputRange range;

  template <int kWords>
  void put(const FourSums (&fours)[kWords]) {
    for (const FourSums& four : fours) {
      std::int32_t sums[kWordChannels];
      four.split(sums);
      for (const std::int32_t sum : sums) {
        if (next == end) return;  // beyond are channels that only fill the word
        const packed::Requantization& scale = *scales++;
        const std::int32_t biased = wrapping_add(wrapping_shift_left(sum, kHeadroom), scale.bias);
        *next++ = range.requantize<kHeadroom, true>(biased, {scale.multiplier, scale.rounding, scale.shift});
      }
    }
  }
};

void run(const packed::ConvParams& p, const Memory& memory) {
  constexpr int kManyWords = packed::scalar::kDenseWords;
  const std::int32_t inputs = p.kernel_h * p.kernel_w * p.input_shape.c;
  const std::int32_t outputs = p.output_shape.c;
  const std::int32_t rows = p.output_shape.n * p.output_shape.h * p.output_shape.w;
  const std::int8_t* input = memory.read<std::int8_t>(p.input);
  std::int8_t* output = memory.write<std::int8_t>(p.output);
  for (std::int32_t row = 0; row < rows; ++row, input += inputs, output += outputs) {
    const std::int8_t* end = input + inputs;
    const std::uint32_t* weights = memory.read<std::uint32_t>(p.weights);
    const FourSums first = start(input, end);
    Outputs to = {
        output, output + outputs, memory.read<packed::Requantization>(p.bias), {p.activation_min, p.activation_max}};
    while (to.end - to.next >= kManyWords * kWordChannels) {
      FourSums sums[kManyWords];
      weights = add_row(weights, input, end, first, sums);
      to.put(sums);
    }
    while (to.next != to.end) {
      FourSums sums[1];
      weights = add_row(weights, input, end, first, sums);
      to.put(sums);
    }
  }
}

// Every output pixel sees inputs that lie beside each other, and no pixel those of another.
bool rows_apart(const packed::ConvParams& p) {
  const bool pointwise = p.kernel_h == 1 && p.kernel_w == 1 && p.input_shape.h == p.output_shape.h &&
                         p.input_shape.w == p.output_shape.w && p.stride_h == 1 && p.stride_w == 1;
  const bool whole_image = p.kernel_h == p.input_shape.h && p.kernel_w == p.input_shape.w && p.output_shape.h == 1 &&
                           p.output_shape.w == 1 && p.dilation_h == 1 && p.dilation_w == 1;
  return (pointwise || whole_image) && p.pad_top == 0 && p.pad_left == 0;
}

bool check(const packed::ConvParams& p, const Bounds& bounds) {
  if (!check_convolution_shape(p, bounds) || !rows_apart(p)) {
    return false;
  }
  const std::uint64_t words = (static_cast<std::uint64_t>(p.output_shape.c) + kWordChannels - 1) / kWordChannels;
  const std::uint64_t inputs = element_count(p.input_shape) / static_cast<std::uint64_t>(p.output_shape.n) /
                               static_cast<std::uint64_t>(p.output_shape.h) /
                               static_cast<std::uint64_t>(p.output_shape.w);
  return bounds.requantizations(p.bias, static_cast<std::uint64_t>(p.output_shape.c), packed::scalar::kMaxShift) &&
         bounds.readable(p.weights, words * inputs, sizeof(std::uint32_t));
}

}  // namespace

constexpr Kernel scalar::kDense = make_kernel<packed::ConvParams, check, run>();

}  // namespace tinyrig::engine
