// CONV_2D and FULLY_CONNECTED: each output pixel is a column of taps times a matrix of weights. Columns of a 1x1
// convolution are the input's pixels as they lie; others are gathered in scratch, a few at a time, with the
// input's zero point where the window leaves it. dot_products.S does the rest.
//
// The pixels of a batch of columns are three streams of equal length, one after another: the pointers of a block
// of 3 pixels then move on by themselves. The one or two that remain are computed one at a time.
#include "agent_firmware/engine/kernels/helium/bytes.h"
#include "agent_firmware/engine/kernels/helium/checks.h"
#include "agent_firmware/engine/kernels/helium/dot_products.h"
#include "agent_firmware/engine/kernels/helium/helium.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/window.h"

namespace tinyrig::engine {
namespace {

namespace layout = packed::helium;
using helium::DotProducts;

// Columns of all output pixels in order, one after another.
class Gatherer {
 public:
  Gatherer(const packed::ConvParams& p, const std::int8_t* input) : p_(p), image_(input) { start_row(); }

  void next(std::int8_t* column) {
    const Taps columns = taps_inside(x0_, p_.dilation_w, p_.kernel_w, p_.input_shape.w);
    const std::int32_t row_bytes = p_.kernel_w * p_.input_shape.c;
    for (std::int32_t ky = 0; ky < p_.kernel_h; ++ky) {
      if (ky < rows_.begin || ky >= rows_.end) {
        column = helium::fill(column, zero(), row_bytes);
        continue;
      }
      const std::int8_t* row = image_ + (y0_ + ky * p_.dilation_h) * p_.input_shape.w * p_.input_shape.c;
      column = p_.dilation_w == 1 ? run(column, row, columns) : taps(column, row, columns);
    }
    x0_ += p_.stride_w;
    if (++x_ == p_.output_shape.w) {
      next_row();
    }
  }

 private:
  std::int8_t zero() const { return static_cast<std::int8_t>(-p_.input_offset); }

  // The taps of one row of the window lie in one run.
  std::int8_t* run(std::int8_t* column, const std::int8_t* row, Taps columns) const {
    const std::int32_t depth = p_.input_shape.c;
    if (columns.begin == 0 && columns.end == p_.kernel_w) {
      return helium::copy(column, row + x0_ * depth, p_.kernel_w * depth);
    }
    column = helium::fill(column, zero(), columns.begin * depth);
    column = helium::copy(column, row + (x0_ + columns.begin) * depth, (columns.end - columns.begin) * depth);
    return helium::fill(column, zero(), (p_.kernel_w - columns.end) * depth);
  }

  std::int8_t* taps(std::int8_t* column, const std::int8_t* row, Taps columns) const {
    const std::int32_t depth = p_.input_shape.c;
    for (std::int32_t kx = 0; kx < p_.kernel_w; ++kx) {
      const bool inside = kx >= columns.begin && kx < columns.end;
      column = inside ? helium::copy(column, row + (x0_ + kx * p_.dilation_w) * depth, depth)
                      : helium::fill(column, zero(), depth);
    }
    return column;
  }

  void next_row() {
    if (++y_ == p_.output_shape.h) {
      y_ = 0;
      image_ += p_.input_shape.h * p_.input_shape.w * p_.input_shape.c;
    }
    start_row();
  }

  void start_row() {
    x_ = 0;
    x0_ = -p_.pad_left;
    y0_ = y_ * p_.stride_h - p_.pad_top;
    rows_ = taps_inside(y0_, p_.dilation_h, p_.kernel_h, p_.input_shape.h);
  }

  const packed::ConvParams& p_;
  const std::int8_t* image_;
  std::int32_t x_ = 0, y_ = 0;
  std::int32_t x0_ = 0, y0_ = 0;  // of the window in the input
  Taps rows_{};
};

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
  Gatherer gatherer(p, input);
  for (std::int32_t first = 0; first < pixels; first += capacity) {
    const std::int32_t count = pixels - first < capacity ? pixels - first : capacity;
    for (std::int32_t i = 0; i < count; ++i) {
      gatherer.next(scratch + i * column_bytes);
    }
    multiply(work, scratch, column_bytes, count, relu);
    work.output += count * work.pixel_bytes;
  }
}

}  // namespace

constexpr Kernel helium::kConvolution = make_kernel<packed::ConvParams, helium::check_convolution, run>();

}  // namespace tinyrig::engine
