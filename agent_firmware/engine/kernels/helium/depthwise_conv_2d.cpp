// DEPTHWISE_CONV_2D with kernels of up to four patches of 4x4 taps: four rows of the input at a time are interleaved
// into a tile, in scratch, with the input's zero point around them; depthwise_blocks.S makes one or two rows of the
// output of it.
//
// Interleaving is VST4: 8 instructions for 16 columns and channels of four rows.
#include "agent_firmware/engine/kernels/helium/bytes.h"
#include "agent_firmware/engine/kernels/helium/checks.h"
#include "agent_firmware/engine/kernels/helium/depthwise_blocks.h"
#include "agent_firmware/engine/kernels/helium/helium.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"

namespace tinyrig::engine {
namespace {

namespace layout = packed::helium;
using helium::DepthwiseBlocks;

// to[i] = the four rows' byte i. Writes whole vectors: up to 60 bytes past the end.
std::int8_t* interleave(std::int8_t* to, const std::int8_t* const rows[layout::kPatch], std::int32_t bytes) {
  const std::int8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  std::int8_t* at = to;
  asm volatile(
      "  wls lr, %[vectors], 2f\n"
      "1:vldrb.u8 q0, [%[a]], #16\n"
      "  vldrb.u8 q1, [%[b]], #16\n"
      "  vldrb.u8 q2, [%[c]], #16\n"
      "  vldrb.u8 q3, [%[d]], #16\n"
      "  vst40.8 {q0, q1, q2, q3}, [%[at]]\n"
      "  vst41.8 {q0, q1, q2, q3}, [%[at]]\n"
      "  vst42.8 {q0, q1, q2, q3}, [%[at]]\n"
      "  vst43.8 {q0, q1, q2, q3}, [%[at]]!\n"
      "  le lr, 1b\n"
      "2:vctp.8 %[rest]\n"
      "  vpstttt\n"
      "  vldrbt.u8 q0, [%[a]]\n"
      "  vldrbt.u8 q1, [%[b]]\n"
      "  vldrbt.u8 q2, [%[c]]\n"
      "  vldrbt.u8 q3, [%[d]]\n"
      "  vst40.8 {q0, q1, q2, q3}, [%[at]]\n"
      "  vst41.8 {q0, q1, q2, q3}, [%[at]]\n"
      "  vst42.8 {q0, q1, q2, q3}, [%[at]]\n"
      "  vst43.8 {q0, q1, q2, q3}, [%[at]]\n"
      : [at] "+r"(at), [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d)
      : [vectors] "r"(bytes / layout::kVectorBytes), [rest] "r"(bytes % layout::kVectorBytes)
      : "q0", "q1", "q2", "q3", "lr", "memory");
  return to + layout::kPatch * bytes;
}

// The tiles of neighbouring outputs, one for each row of patches.
class Tiles {
 public:
  Tiles(const packed::ConvParams& p, std::int8_t* scratch)
      : p_(p),
        tiles_(scratch),
        zeros_(scratch + layout::depthwise_scratch_bytes(p) - layout::depthwise_zeros_bytes(p)),
        count_(layout::depthwise_patch_rows(p)),
        columns_(static_cast<std::int32_t>(layout::depthwise_tile_columns(p))) {
    helium::fill(zeros_, zero(), static_cast<std::int32_t>(layout::depthwise_zeros_bytes(p)));
  }

  // Rows of `image` from y0 on, columns from x0 on.
  void fill(const std::int8_t* image, std::int32_t y0, std::int32_t x0) {
    const std::int32_t before = x0 < 0 ? -x0 : 0;
    left_ = before < columns_ ? before : columns_;
    first_ = x0 < 0 ? 0 : x0;
    const std::int32_t inside = first_ < p_.input_shape.w ? p_.input_shape.w - first_ : 0;
    middle_ = inside < columns_ - left_ ? inside : columns_ - left_;
    std::int8_t* at = tiles_;
    for (std::int32_t tile = 0; tile < count_; ++tile, y0 += layout::kPatch * p_.dilation_h) {
      at = fill_one(at, image, y0);
    }
  }

 private:
  std::int8_t* fill_one(std::int8_t* at, const std::int8_t* image, std::int32_t y0) const {
    const std::int32_t channels = p_.input_shape.c;
    const std::int8_t* rows[layout::kPatch];
    for (std::int32_t i = 0; i < layout::kPatch; ++i) {
      const std::int32_t y = y0 + i * p_.dilation_h;
      rows[i] = y >= 0 && y < p_.input_shape.h ? image + (y * p_.input_shape.w + first_) * channels : zeros_;
    }
    const std::int32_t column_bytes = layout::kPatch * channels;
    at = helium::fill(at, zero(), left_ * column_bytes);
    at = interleave(at, rows, middle_ * channels);
    return helium::fill(at, zero(), (columns_ - left_ - middle_) * column_bytes);
  }

  std::int8_t zero() const { return static_cast<std::int8_t>(-p_.input_offset); }

  const packed::ConvParams& p_;
  std::int8_t* tiles_;
  std::int8_t* zeros_;
  std::int32_t count_;
  std::int32_t columns_;                // of a tile
  std::int32_t left_ = 0, middle_ = 0;  // columns before and inside of the image
  std::int32_t first_ = 0;              // column of the image inside
};

using Compute = void (*)(DepthwiseBlocks*);

Compute compute_of(const packed::ConvParams& p) {
  const bool relu = p.output_offset == -128 && p.activation_min == -128 && p.activation_max == 127;
  if (layout::depthwise_is_two_rows(p)) {
    return relu ? helium::tinyrig_helium_depthwise_2x2_relu : helium::tinyrig_helium_depthwise_2x2;
  }
  switch (layout::depthwise_patches(p)) {
    case 1:
      return relu ? helium::tinyrig_helium_depthwise_1x4_1_relu : helium::tinyrig_helium_depthwise_1x4_1;
    case 2:
      return relu ? helium::tinyrig_helium_depthwise_1x4_2_relu : helium::tinyrig_helium_depthwise_1x4_2;
    default:
      return relu ? helium::tinyrig_helium_depthwise_1x4_4_relu : helium::tinyrig_helium_depthwise_1x4_4;
  }
}

DepthwiseBlocks blocks_of(const packed::ConvParams& p, const std::int8_t* tiles) {
  const bool two_rows = layout::depthwise_is_two_rows(p);
  const std::int32_t channels = p.output_shape.c;
  const std::int32_t column_bytes = channels * layout::kPatch;
  const std::int32_t row_bytes = p.output_shape.w * channels;
  DepthwiseBlocks work{};
  work.tile = tiles;
  for (std::int32_t i = 0; i < 4; ++i) {
    work.tile_offsets[i] = i * p.dilation_w * column_bytes;
    work.output_offsets[i] = two_rows ? (i % 2) * row_bytes + (i / 2) * channels : i * channels;
  }
  const std::int32_t patch_columns = layout::depthwise_patch_columns(p);
  for (std::int32_t i = 1; i < patch_columns * layout::depthwise_patch_rows(p); ++i) {
    work.patch_offsets[i - 1] = i / patch_columns * static_cast<std::int32_t>(layout::depthwise_tile_bytes(p)) +
                                i % patch_columns * layout::kPatch * p.dilation_w * column_bytes;
  }
  work.tile_step = (two_rows ? 2 : p.stride_w) * column_bytes;
  work.output_step = static_cast<std::int32_t>(layout::depthwise_block_columns(p)) * channels;
  work.activation_min = p.activation_min;
  work.activation_max = p.activation_max;
  return work;
}

void run(const packed::ConvParams& p, const Memory& memory) {
  const bool two_rows = layout::depthwise_is_two_rows(p);
  const Compute compute = compute_of(p);
  auto* scratch = memory.write<std::int8_t>(p.scratch);
  DepthwiseBlocks rows = blocks_of(p, scratch);
  rows.channels = memory.read<std::byte>(p.weights);
  rows.channels_end = rows.channels + p.output_shape.c * (static_cast<std::int32_t>(sizeof(layout::DepthwiseScale)) +
                                                          layout::depthwise_taps_bytes(p));
  Tiles tiles(p, scratch);
  const auto tile_outputs = static_cast<std::int32_t>(layout::depthwise_tile_outputs(p));
  const std::int32_t width = p.output_shape.w;
  const std::int32_t image_bytes = p.input_shape.h * p.input_shape.w * p.input_shape.c;
  const std::int32_t row_bytes = p.output_shape.w * p.output_shape.c;
  const std::int32_t last = p.output_shape.h - (two_rows ? 2 : 1);
  for (std::int32_t n = 0; n < p.output_shape.n; ++n) {
    const std::int8_t* image = memory.read<std::int8_t>(p.input) + n * image_bytes;
    auto* output = memory.write<std::int8_t>(p.output) + n * p.output_shape.h * row_bytes;
    for (std::int32_t y = 0; y <= last;) {
      for (std::int32_t x = 0; x < width; x += tile_outputs) {
        tiles.fill(image, y * p.stride_h - p.pad_top, x * p.stride_w - p.pad_left);
        const std::int32_t outputs = width - x < tile_outputs ? width - x : tile_outputs;
        DepthwiseBlocks work = rows;
        work.output = output + y * row_bytes + x * p.output_shape.c;
        work.blocks = two_rows ? outputs / 2 : outputs / 4;
        work.rest = two_rows ? outputs % 2 * 2 : outputs % 4;
        compute(&work);
      }
      // Of an odd number of rows the last but one is computed twice.
      y += two_rows && y + 1 != last ? 2 : 1;
    }
  }
}

}  // namespace

constexpr Kernel helium::kDepthwise = make_kernel<packed::ConvParams, helium::check_depthwise, run>();

}  // namespace tinyrig::engine
