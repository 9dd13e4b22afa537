// CONV_2D and FULLY_CONNECTED: each output pixel is a column of taps times a matrix of weights. Columns of a 1x1
// convolution are the input's pixels as they lie; others are gathered in scratch, a few at a time, with the
// input's zero point where the window leaves it. dot_products.S does the rest.
//
// The pixels of a batch of columns are three streams of equal length, one after another: the pointers of a block
// of 3 pixels then move on by themselves. The one or two that remain are computed one at a time.
#include "agent_firmware/engine/kernels/helium/checks.h"
#include "agent_firmware/engine/kernels/helium/columns.h"
#include "agent_firmware/engine/kernels/helium/dot_products.h"
#include "agent_firmware/engine/kernels/helium/helium.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"

namespace tinyrig::engine {
namespace {

namespace layout = packed::helium;
using helium::DotProducts;

// `pixels` outputs from columns that lie `column_bytes` apart.
void multiply(DotProducts work, const std::int8_t* columns, std::int32_t column_bytes, std::int32_t pixels, bool relu) {
  const std::int32_t blocks = pixels / 3;
  if (blocks != 0) {
    DotProducts block = work;
    const std::int32_t stream_bytes = blocks * column_bytes;
    for (std::int32_t i = 0; i < 3; ++i) {
      block.columns[i] = columns + i * stream_bytes;
    }
    block.stream_bytes = blocks * work.pixel_bytes;
    block.output_end = block.output + block.stream_bytes;
    (relu ? helium::tinyrig_helium_dot_4x3_relu : helium::tinyrig_helium_dot_4x3)(&block);
  }
  for (std::int32_t i = 3 * blocks; i < pixels; ++i) {
    DotProducts single = work;
    single.columns[0] = columns + i * column_bytes;
    single.output += i * work.pixel_bytes;
    (relu ? helium::tinyrig_helium_dot_4x1_relu : helium::tinyrig_helium_dot_4x1)(&single);
  }
}

void run(const packed::ConvParams& p, const Memory& memory) {
  const bool relu = p.output_offset == -128 && p.activation_min == -128 && p.activation_max == 127;
  const std::int32_t steps = layout::convolution_steps(p);
  const std::int32_t column_bytes = steps * layout::kVectorBytes;
  const std::int32_t pixels = p.output_shape.n * p.output_shape.h * p.output_shape.w;
  const auto* input = memory.read<std::int8_t>(p.input);
  DotProducts work{};
  work.scales = memory.read<layout::Scales>(p.bias);
  work.weights = memory.read<std::int8_t>(p.weights);
  work.output = memory.write<std::int8_t>(p.output);
  work.output_channels = work.pixel_bytes = p.output_shape.c;
  work.more_steps = steps - 1;
  work.activation_min = p.activation_min;
  work.activation_max = p.activation_max;
  if (layout::convolution_is_direct(p)) {
    multiply(work, input, column_bytes, pixels, relu);
    return;
  }
  auto* scratch = memory.write<std::int8_t>(p.scratch);
  const auto capacity = static_cast<std::int32_t>(layout::convolution_columns(p));
  helium::Columns columns(p, input, column_bytes);
  for (std::int32_t first = 0; first < pixels; first += capacity) {
    const std::int32_t count = pixels - first < capacity ? pixels - first : capacity;
    columns.gather(scratch, count);
    multiply(work, scratch, column_bytes, count, relu);
    work.output += count * work.pixel_bytes;
  }
}

}  // namespace

constexpr Kernel helium::kConvolution = make_kernel<packed::ConvParams, helium::check_convolution, run>();

}  // namespace tinyrig::engine
