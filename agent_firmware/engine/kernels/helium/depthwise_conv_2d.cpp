// DEPTHWISE_CONV_2D with kernels of at most 4x4: four rows of the input are interleaved into a tile, in scratch, with
// the input's zero point around them; depthwise_blocks.S makes one or two rows of the output of it.
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
std::int8_t* interleave(std::int8_t* to, const std::int8_t* const rows[layout::kTileRows], std::int32_t bytes) {
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
  return to + layout::kTileRows * bytes;
}

class Tile {
 public:
  Tile(const packed::ConvParams& p, std::int8_t* scratch)
      : p_(p), tile_(scratch), zeros_(scratch + layout::depthwise_tile_bytes(p)) {
    const auto columns = static_cast<std::int32_t>(layout::depthwise_tile_columns(p));
    const std::int32_t after_left = p.pad_left < columns ? columns - p.pad_left : 0;
    left_ = columns - after_left;
    middle_ = p.input_shape.w < after_left ? p.input_shape.w : after_left;
    right_ = after_left - middle_;
    helium::fill(zeros_, zero(), p.input_shape.w * p.input_shape.c);
  }

  // Four rows of `image`, from row y0.
  void fill(const std::int8_t* image, std::int32_t y0) {
    const std::int32_t row_bytes = p_.input_shape.w * p_.input_shape.c;
    const std::int8_t* rows[layout::kTileRows];
    for (std::int32_t i = 0; i < layout::kTileRows; ++i) {
      const std::int32_t y = y0 + i;
      rows[i] = y >= 0 && y < p_.input_shape.h ? image + y * row_bytes : zeros_;
    }
    const std::int32_t column_bytes = layout::kTileRows * p_.input_shape.c;
    std::int8_t* at = helium::fill(tile_, zero(), left_ * column_bytes);
    at = interleave(at, rows, middle_ * p_.input_shape.c);
    helium::fill(at, zero(), right_ * column_bytes);
  }

 private:
  std::int8_t zero() const { return static_cast<std::int8_t>(-p_.input_offset); }

  const packed::ConvParams& p_;
  std::int8_t* tile_;
  std::int8_t* zeros_;
  std::int32_t left_, middle_, right_;  // columns of the tile beside and inside of the image
};

DepthwiseBlocks blocks_of(const packed::ConvParams& p, const std::int8_t* tile, bool two_rows) {
  const std::int32_t channels = p.output_shape.c;
  const std::int32_t column_bytes = channels * layout::kTileRows;
  const std::int32_t width = p.output_shape.w;
  const std::int32_t row_bytes = width * channels;
  DepthwiseBlocks work{};
  work.tile = tile;
  for (std::int32_t i = 0; i < 4; ++i) {
    work.tile_offsets[i] = i * column_bytes;
    work.output_offsets[i] = two_rows ? (i % 2) * row_bytes + (i / 2) * channels : i * channels;
  }
  work.tile_step = (two_rows ? 2 : p.stride_w) * column_bytes;
  work.output_step = (two_rows ? 2 : 4) * channels;
  work.blocks = two_rows ? width / 2 : width / 4;
  work.rest = two_rows ? width % 2 * 2 : width % 4;
  work.activation_min = p.activation_min;
  work.activation_max = p.activation_max;
  return work;
}

void run(const packed::ConvParams& p, const Memory& memory) {
  const bool two_rows = layout::depthwise_is_two_rows(p);
  const bool relu = p.output_offset == -128 && p.activation_min == -128 && p.activation_max == 127;
  const auto compute = two_rows
                           ? (relu ? helium::tinyrig_helium_depthwise_2x2_relu : helium::tinyrig_helium_depthwise_2x2)
                           : (relu ? helium::tinyrig_helium_depthwise_1x4_relu : helium::tinyrig_helium_depthwise_1x4);
  auto* scratch = memory.write<std::int8_t>(p.scratch);
  DepthwiseBlocks rows = blocks_of(p, scratch, two_rows);
  rows.channels = memory.read<layout::DepthwiseChannel>(p.weights);
  rows.channels_end = rows.channels + p.output_shape.c;
  Tile tile(p, scratch);
  const std::int32_t image_bytes = p.input_shape.h * p.input_shape.w * p.input_shape.c;
  const std::int32_t row_bytes = p.output_shape.w * p.output_shape.c;
  const std::int32_t last = p.output_shape.h - (two_rows ? 2 : 1);
  for (std::int32_t n = 0; n < p.output_shape.n; ++n) {
    const std::int8_t* image = memory.read<std::int8_t>(p.input) + n * image_bytes;
    auto* output = memory.write<std::int8_t>(p.output) + n * p.output_shape.h * row_bytes;
    for (std::int32_t y = 0; y <= last;) {
      tile.fill(image, y * p.stride_h - p.pad_top);
      DepthwiseBlocks work = rows;
      work.output = output + y * row_bytes;
      compute(&work);
      // Of an odd number of rows the last but one is computed twice.
      y += two_rows && y + 1 != last ? 2 : 1;
    }
  }
}

}  // namespace

constexpr Kernel helium::kDepthwise = make_kernel<packed::ConvParams, helium::check_depthwise, run>();

}  // namespace tinyrig::engine
