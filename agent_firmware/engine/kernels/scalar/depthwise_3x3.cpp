// DEPTHWISE_CONV_2D 3x3, channel by channel: its nine weights and its scale stay in registers for the whole image.
// A line of outputs, along the longer side of the image, follows three lines of inputs. Each column of three inputs is
// loaded once: it ends one output, goes on with the next, and begins the one after that (at stride 2, columns in turn
// end and begin an output, or go on with one).
//
// At stride 1: 3 inputs loaded, 3 addresses, 9 multiplications, 9 additions, and 8 to requantize, store and loop: 32 an
// output. At stride 2: 6 more.
//
// What lies outside of the image is the input's zero point: whole lines of it become part of the bias.
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/conv_check.h"
#include "agent_firmware/engine/kernels/scalar/arithmetic.h"
#include "agent_firmware/engine/kernels/scalar/scalar.h"
#include "wire/packed_model/scalar_layout.h"

namespace tinyrig::engine {
namespace {

using namespace scalar;

constexpr int kHeadroom = packed::scalar::kDepthwiseHeadroom;
constexpr std::int32_t kTaps = 9;

// One side of the image.
struct Side {
  std::int32_t input, output;            // lengths
  std::int32_t input_step, output_step;  // from one element of a channel to the next, in memory
  std::int32_t stride, pad;
};

// Lines of one channel's outputs, and of the inputs that they see: the three of the first line, the next line's an
// equal step further on.
struct Lines {
  const std::int8_t* inputs[3];
  const std::int32_t (*weights)[3];  // [line][tap along it], shifted by the headroom
  std::int32_t bias;
  std::int32_t outside;  // input value there
  std::int8_t* output;
  std::int32_t count;
  std::int32_t input_step, output_step;
};

template <int kStride, bool kSigned>
[[gnu::noinline]] void run_lines(const Lines& lines, const Side& along, Scale scale, OutputRange range) {
  const auto* w = lines.weights;
  const std::int32_t w00 = w[0][0], w01 = w[0][1], w02 = w[0][2];
  const std::int32_t w10 = w[1][0], w11 = w[1][1], w12 = w[1][2];
  const std::int32_t w20 = w[2][0], w21 = w[2][1], w22 = w[2][2];
  const std::int32_t input_step = along.input_step, output_step = along.output_step;
  const auto bias = static_cast<std::uint32_t>(lines.bias);
  // What a column outside of the image begins, goes on with and ends.
  const auto times = [](std::int32_t x, std::int32_t weight) {
    return static_cast<std::uint32_t>(x) * static_cast<std::uint32_t>(weight);
  };
  const std::uint32_t outside_begins = times(lines.outside, w00 + w10 + w20);
  const std::uint32_t outside_goes_on = times(lines.outside, w01 + w11 + w21);
  const std::uint32_t outside_ends = times(lines.outside, w02 + w12 + w22);
  // After the two columns that begin the first outputs: how many outputs end inside of the image.
  const std::int32_t columns = along.input > 2 - along.pad ? along.input - (2 - along.pad) : 0;
  const std::int32_t inside = columns / kStride < along.output ? columns / kStride : along.output;

  for (std::int32_t i = 0; i < lines.count; ++i) {
    const std::int8_t* in0 = lines.inputs[0] + i * lines.input_step;
    const std::int8_t* in1 = lines.inputs[1] + i * lines.input_step;
    const std::int8_t* in2 = lines.inputs[2] + i * lines.input_step;
    std::int8_t* output = lines.output + i * lines.output_step;
    std::uint32_t older = 0, newer = 0;  // sums of outputs that were begun
    std::int32_t a = 0, b = 0, c = 0;    // a column

    const auto load = [&] {
      a = *in0, b = *in1, c = *in2;
      in0 += input_step, in1 += input_step, in2 += input_step;
    };
    const auto end = [&] { return older + times(a, w02) + times(b, w12) + times(c, w22); };
    const auto go_on = [&] { older = newer + times(a, w01) + times(b, w11) + times(c, w21); };
    const auto begin = [&] { newer = bias + times(a, w00) + times(b, w10) + times(c, w20); };
    const auto put = [&](std::uint32_t sum) {
      *output = range.requantize<kHeadroom, kSigned>(static_cast<std::int32_t>(sum), scale);
      output += output_step;
    };

    std::int32_t at = -along.pad;
    if (at == 0) {
      load();
      begin();
    } else {
      newer = bias + outside_begins;
    }
    ++at;
    if (at >= 0 && at < along.input) {
      load();
      go_on();
      if constexpr (kStride == 1) begin();
    } else {
      older = newer + outside_goes_on;
      newer = bias + outside_begins;
    }
    const std::int8_t* stop = output + inside * output_step;
    while (output != stop) {
      load();
      const std::uint32_t sum = end();
      if constexpr (kStride == 2) {
        begin();
        load();
        go_on();
      } else {
        go_on();
        begin();
      }
      put(sum);
    }
    at += 1 + inside * kStride;
    for (std::int32_t left = along.output - inside; left > 0; --left) {
      if (kStride == 2 && at < along.input) {
        load();
        put(end());
        begin();
      } else {
        put(older + outside_ends);
        if constexpr (kStride == 1) older = newer + outside_goes_on;
        newer = bias + outside_begins;
      }
      if constexpr (kStride == 2) older = newer + outside_goes_on;
      at += kStride;
    }
  }
}

using RunLines = void (*)(const Lines& lines, const Side& along, Scale scale, OutputRange range);

RunLines choose(std::int32_t stride, bool keeps_signs) {
  if (stride == 1) return keeps_signs ? run_lines<1, true> : run_lines<1, false>;
  return keeps_signs ? run_lines<2, true> : run_lines<2, false>;
}

// One channel of one image.
class Channel {
 public:
  Channel(const std::int8_t* weights, bool by_rows, const packed::Requantization& scale, std::int32_t outside)
      : scale_(scale), outside_(outside) {
    for (int line = 0; line < 3; ++line) {
      for (int tap = 0; tap < 3; ++tap) {
        weights_[line][tap] = weights[by_rows ? 3 * line + tap : 3 * tap + line] * (1 << kHeadroom);
      }
    }
  }

  void run(const std::int8_t* input, std::int8_t* output, const Side& along, const Side& across, RunLines run_lines,
           OutputRange range) const {
    const std::int32_t line_step = across.input_step;
    for (std::int32_t i = 0; i < across.output;) {
      Lines lines = {{}, weights_, scale_.bias, outside_, output + i * across.output_step, 1, 0, 0};
      const std::int32_t first = i * across.stride - across.pad;
      std::int32_t edge_weights[3][3];
      if (first >= 0 && first + 2 < across.input) {
        for (int k = 0; k < 3; ++k) lines.inputs[k] = input + (first + k) * line_step;
        const std::int32_t fit = (across.input - 3 - first) / across.stride + 1;
        const std::int32_t left = across.output - i;
        lines.count = fit < left ? fit : left;
        lines.input_step = across.stride * line_step;
        lines.output_step = across.output_step;
      } else {
        leave_out(lines, first, across, input, edge_weights);
      }
      run_lines(lines, along, {scale_.multiplier, scale_.rounding, scale_.shift}, range);
      i += lines.count;
    }
  }

 private:
  // Lines outside of the image: their weights become 0, their share of the sum part of the bias.
  void leave_out(Lines& lines, std::int32_t first, const Side& across, const std::int8_t* input,
                 std::int32_t (&weights)[3][3]) const {
    for (int k = 0; k < 3; ++k) {
      const bool inside = first + k >= 0 && first + k < across.input;
      for (int tap = 0; tap < 3; ++tap) {
        weights[k][tap] = inside ? weights_[k][tap] : 0;
        if (!inside) lines.bias = wrapping_add(lines.bias, outside_ * weights_[k][tap]);
      }
      lines.inputs[k] = inside ? input + (first + k) * across.input_step : input;
    }
    lines.weights = weights;
  }

  packed::Requantization scale_;
  std::int32_t outside_;
  std::int32_t weights_[3][3];
};

void run(const packed::ConvParams& p, const Memory& memory) {
  const packed::Shape4 &in = p.input_shape, &out = p.output_shape;
  const Side width = {in.w, out.w, in.c, out.c, p.stride_w, p.pad_left};
  const Side height = {in.h, out.h, in.w * in.c, out.w * out.c, p.stride_h, p.pad_top};
  const bool by_rows = out.w >= out.h;
  const Side &along = by_rows ? width : height, &across = by_rows ? height : width;
  const RunLines run_lines = choose(along.stride, p.activation_min < p.output_offset);
  const std::int8_t* input = memory.read<std::int8_t>(p.input);
  std::int8_t* output = memory.write<std::int8_t>(p.output);
  for (std::int32_t n = 0; n < in.n; ++n) {
    const std::int8_t* weights = memory.read<std::int8_t>(p.weights);
    const packed::Requantization* scale = memory.read<packed::Requantization>(p.bias);
    for (std::int32_t c = 0; c < in.c; ++c, weights += kTaps, ++scale) {
      Channel(weights, by_rows, *scale, -p.input_offset)
          .run(input + c, output + c, along, across, run_lines, {p.activation_min, p.activation_max});
    }
    input += in.h * in.w * in.c;
    output += out.h * out.w * out.c;
  }
}

bool check(const packed::ConvParams& p, const Bounds& bounds) {
  return check_convolution_shape(p, bounds) && p.input_shape.c == p.output_shape.c && p.depth_multiplier == 1 &&
         p.kernel_h == 3 && p.kernel_w == 3 && p.dilation_h == 1 && p.dilation_w == 1 && p.stride_h <= 2 &&
         p.stride_w <= 2 && p.pad_top <= 2 && p.pad_left <= 2 &&
         bounds.requantizations(p.bias, static_cast<std::uint64_t>(p.output_shape.c), packed::scalar::kMaxShift) &&
         bounds.readable(p.weights, kTaps * static_cast<std::uint64_t>(p.output_shape.c));
}

}  // namespace

constexpr Kernel scalar::kDepthwise3x3 = make_kernel<packed::ConvParams, check, run>();

}  // namespace tinyrig::engine
