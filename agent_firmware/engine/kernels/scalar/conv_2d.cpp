// CONV_2D and FULLY_CONNECTED of several rows: three pixels in two words (lanes.h), gathered once for all channels,
// times blocks of four channels. A tap of four channels and six pixels is 4 words loaded, 4 weights loaded, 16
// multiplications and 16 additions: 41.5 instructions for 24 multiplications, with the loop's.
//
// Taps whose weights are 0 in a whole block are not there at all: a block's weights come in runs of taps.
#include <cstring>

#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/conv_check.h"
#include "agent_firmware/engine/kernels/scalar/arithmetic.h"
#include "agent_firmware/engine/kernels/scalar/patches.h"
#include "agent_firmware/engine/kernels/scalar/scalar.h"

#ifdef __ARM_ARCH_6M__
// conv_run_m0.S
extern "C" void tinyrig_scalar_add_run(std::uint32_t (*sums)[tinyrig::packed::scalar::kLaneWords],
                                       const std::int8_t* weights, const std::int8_t* end, const std::uint32_t* words);
#endif

namespace tinyrig::engine {
namespace {

using namespace scalar;
using packed::scalar::kBlockChannels;
using packed::scalar::kRunTaps;

inline std::uint32_t take_word(const std::int8_t*& stream) {
  const std::uint32_t word = *reinterpret_cast<const std::uint32_t*>(stream);
  stream += sizeof(word);
  return word;
}

template <int kTriples>
struct BlockSums {
  static constexpr int kWords = kTriples * kLaneWords;

  std::uint32_t of[kBlockChannels][kWords] = {};

  // A segment: returns where the stream goes on.
  [[gnu::always_inline]] const std::int8_t* add(const std::int8_t* stream, const std::uint32_t* words) {
    for (std::uint32_t runs = take_word(stream); runs != 0; --runs) {
      const std::uint32_t run = take_word(stream);
      stream = add_run(stream, stream + (run >> 16), words + (run & 0xFFFFU) * kTriples * kLaneWords);
    }
    return stream;
  }

  [[gnu::always_inline]] void store(std::uint32_t (&to)[kBlockChannels][kWords]) const {
#pragma GCC unroll 4
    for (unsigned c = 0; c < kBlockChannels; ++c) {
#pragma GCC unroll 4
      for (int i = 0; i < kWords; ++i) to[c][i] = of[c][i];
    }
  }

 private:
  [[gnu::always_inline]] const std::int8_t* add_run(const std::int8_t* weights, const std::int8_t* end,
                                                    const std::uint32_t* words) {
#ifdef __ARM_ARCH_6M__
    tinyrig_scalar_add_run(of, weights, end, words);
    return end;
#else
    do {
#pragma GCC unroll 2
      for (unsigned tap = 0; tap < kRunTaps; ++tap) {
        std::uint32_t inputs[kWords];
#pragma GCC unroll 4
        for (int i = 0; i < kWords; ++i) inputs[i] = words[tap * kWords + i];
#pragma GCC unroll 4
        for (unsigned c = 0; c < kBlockChannels; ++c) {
          const auto weight = static_cast<std::uint32_t>(std::int32_t{weights[tap * kBlockChannels + c]});
#pragma GCC unroll 4
          for (int i = 0; i < kWords; ++i) multiply_add(of[c][i], weight, inputs[i]);
        }
      }
      weights += kRunTaps * kBlockChannels;
      words += kRunTaps * kWords;
    } while (weights != end);
    return weights;
#endif
  }
};

// Outputs of one channel, pixel by pixel.
struct Target {
  std::int8_t* output;
  std::int32_t stride;
  std::int32_t bias;
  Scale scale;
  OutputRange range;

  Target(std::int8_t* first, std::int32_t pixel_stride, const packed::Requantization& s, OutputRange r)
      : output(first), stride(pixel_stride), bias(s.bias), scale{s.multiplier, s.rounding, s.shift}, range(r) {}

  // `sum` shifted left by kHeadroom.
  template <int kHeadroom, bool kSigned>
  [[gnu::always_inline]] void put(std::int32_t sum) {
    *output = range.requantize<kHeadroom, kSigned>(wrapping_add(sum, bias), scale);
    output += stride;
  }
};

// All that a layer's blocks need, whatever pixels were gathered.
struct Layer {
  const std::int8_t* stream;
  const packed::Requantization* scales;
  const std::uint32_t* words;
  std::int32_t channels;
  OutputRange range;
};

// Every block of channels, of the pixels that were gathered and are `stride` apart in the output.
using Blocks = void (*)(const Layer& layer, std::int8_t* output, std::int32_t stride);

// Where a block begins: the last one may share channels with the one before.
inline std::int32_t first_channel(std::int32_t block_start, std::int32_t channels) {
  const std::int32_t last = channels - static_cast<std::int32_t>(kBlockChannels);
  return block_start < last ? block_start : last;
}

// A block's sums fit lanes.
template <int kTriples, bool kSigned>
[[gnu::noinline]] void narrow_blocks(const Layer& layer, std::int8_t* output, std::int32_t stride) {
  constexpr int kHeadroom = packed::scalar::kNarrowHeadroom;
  const std::int8_t* stream = layer.stream;
  const packed::Requantization* scales = layer.scales;
  const OutputRange range = layer.range;
  for (std::int32_t start = 0; start < layer.channels; start += kBlockChannels) {
    BlockSums<kTriples> sums;
    stream = sums.add(stream, layer.words);
    std::uint32_t words[kBlockChannels][kTriples * kLaneWords];
    sums.store(words);
    std::int8_t* channel_output = output + first_channel(start, layer.channels);
    for (const auto& channel_words : words) {
      Target target(channel_output++, stride, *scales++, range);
#pragma GCC unroll 2
      for (int t = 0; t < kTriples; ++t) {
        const Lanes lanes = split_lanes(channel_words[2 * t], channel_words[2 * t + 1]);
        target.put<kHeadroom, kSigned>(lanes.a);
        target.put<kHeadroom, kSigned>(lanes.b);
        target.put<kHeadroom, kSigned>(lanes.c);
      }
    }
  }
}

// Adds a segment's sums to those of the segments before.
template <int kTriples>
[[gnu::noinline]] const std::int8_t* add_segment(const std::int8_t* stream, const std::uint32_t* words,
                                                 std::int32_t (*totals)[kTriples * kLanePixels]) {
  constexpr int kUnused = 32 - kOuterLaneShift;
  BlockSums<kTriples> sums;
  stream = sums.add(stream, words);
  std::uint32_t stored[kBlockChannels][kTriples * kLaneWords];
  sums.store(stored);
  for (const auto& channel_words : stored) {
    std::int32_t* total = *totals++;
    for (int t = 0; t < kTriples; ++t, total += kLanePixels) {
      const Lanes lanes = split_lanes(channel_words[2 * t], channel_words[2 * t + 1]);
      total[0] = wrapping_add(total[0], lanes.a >> kUnused);
      total[1] = wrapping_add(total[1], lanes.b >> kUnused);
      total[2] = wrapping_add(total[2], lanes.c >> kUnused);
    }
  }
  return stream;
}

template <int kTriples>
[[gnu::noinline]] void wide_blocks(const Layer& layer, std::int8_t* output, std::int32_t stride) {
  constexpr int kHeadroom = packed::scalar::kWideHeadroom;
  const std::int8_t* stream = layer.stream;
  const packed::Requantization* scales = layer.scales;
  const OutputRange range = layer.range;
  for (std::int32_t start = 0; start < layer.channels; start += kBlockChannels) {
    std::int32_t totals[kBlockChannels][kTriples * kLanePixels] = {};
    for (std::uint32_t segments = take_word(stream); segments != 0; --segments) {
      stream = add_segment<kTriples>(stream, layer.words, totals);
    }
    std::int8_t* channel_output = output + first_channel(start, layer.channels);
    for (const auto& channel_totals : totals) {
      Target target(channel_output++, stride, *scales++, range);
      for (const std::int32_t total : channel_totals) {
        target.put<kHeadroom, true>(wrapping_shift_left(total, kHeadroom));
      }
    }
  }
}

template <Blocks kOneTriple, Blocks kMostTriples>
void run_layer(const packed::ConvParams& p, const Memory& memory) {
  Patches patches(p, memory);
  const std::int32_t channels = p.output_shape.c;
  const std::int32_t pixels = p.output_shape.n * p.output_shape.h * p.output_shape.w;
  auto* output = memory.write<std::int8_t>(p.output);
  const Layer layer = {memory.read<std::int8_t>(p.weights),
                       memory.read<packed::Requantization>(p.bias),
                       patches.words(),
                       channels,
                       {p.activation_min, p.activation_max}};
  constexpr std::int32_t kThree = kLanePixels, kMost = kMaxTriples * kThree;
  for (std::int32_t pixel = 0; pixel < pixels;) {
    const std::int32_t left = pixels - pixel;
    if (left > kMost - kThree && pixels >= kMost) {
      pixel = left < kMost ? pixels - kMost : pixel;  // the last of them repeat some of those before
      patches.gather<kMaxTriples>(pixel, 1);
      kMostTriples(layer, output + pixel * channels, channels);
      pixel += kMost;
    } else if (pixels >= kThree) {
      pixel = left < kThree ? pixels - kThree : pixel;
      patches.gather<1>(pixel, 1);
      kOneTriple(layer, output + pixel * channels, channels);
      pixel += kThree;
    } else {  // the same one three times over
      patches.gather<1>(pixel, 0);
      kOneTriple(layer, output + pixel * channels, 0);
      ++pixel;
    }
  }
}

void run_narrow(const packed::ConvParams& p, const Memory& memory) {
  p.activation_min < p.output_offset ? run_layer<narrow_blocks<1, true>, narrow_blocks<kMaxTriples, true>>(p, memory)
                                     : run_layer<narrow_blocks<1, false>, narrow_blocks<kMaxTriples, false>>(p, memory);
}

void run_wide(const packed::ConvParams& p, const Memory& memory) {
  run_layer<wide_blocks<1>, wide_blocks<kMaxTriples>>(p, memory);
}

// Reads a block's stream of words and weights as the kernels do, within its bounds.
class StreamCheck {
 public:
  StreamCheck(std::span<const std::byte> stream, std::uint32_t taps) : stream_(stream), taps_(taps) {}

  bool take(std::uint32_t& word) {
    if (stream_.size() < sizeof(word)) return false;
    std::memcpy(&word, stream_.data(), sizeof(word));
    stream_ = stream_.subspan(sizeof(word));
    return true;
  }

  bool segment() {
    std::uint32_t runs = 0;
    if (!take(runs)) return false;
    for (; runs != 0; --runs) {
      if (!run()) return false;
    }
    return true;
  }

 private:
  bool run() {
    constexpr std::uint32_t kTapBytes = kBlockChannels;
    std::uint32_t word = 0;
    if (!take(word)) return false;
    const std::uint32_t bytes = word >> 16;
    if (bytes == 0 || bytes % (kRunTaps * kTapBytes) != 0 || bytes > stream_.size() ||
        (word & 0xFFFFU) + bytes / kTapBytes > taps_) {
      return false;
    }
    stream_ = stream_.subspan(bytes);
    return true;
  }

  std::span<const std::byte> stream_;
  std::uint32_t taps_;
};

template <bool kWide>
bool check(const packed::ConvParams& p, const Bounds& bounds) {
  const std::int32_t tap_dims[] = {p.kernel_h, p.kernel_w, p.input_shape.c};
  const std::uint64_t taps = element_count(tap_dims);
  if (taps == 0 || taps > packed::scalar::kMaxTaps || !check_convolution_shape(p, bounds) ||
      p.output_shape.c < static_cast<std::int32_t>(kBlockChannels)) {
    return false;
  }
  const auto channels = static_cast<std::uint64_t>(p.output_shape.c);
  const std::uint64_t blocks = (channels + kBlockChannels - 1) / kBlockChannels;
  const auto few_taps = static_cast<std::uint32_t>(taps);
  if (!bounds.requantizations(p.bias, blocks * kBlockChannels, packed::scalar::kMaxShift) ||
      !bounds.writable(
          p.scratch,
          packed::scalar::conv_scratch_words(few_taps, static_cast<std::uint32_t>(p.input_shape.c), kMaxTriples),
          sizeof(std::uint32_t))) {
    return false;
  }
  StreamCheck stream(bounds.constant_bytes(p.weights), packed::scalar::padded_taps(few_taps));
  for (std::uint64_t i = 0; i < blocks; ++i) {
    std::uint32_t segments = 1;
    if (kWide && !stream.take(segments)) return false;
    for (; segments != 0; --segments) {
      if (!stream.segment()) return false;
    }
  }
  return true;
}

}  // namespace

constexpr Kernel scalar::kConvNarrow = make_kernel<packed::ConvParams, check<false>, run_narrow>();
constexpr Kernel scalar::kConvWide = make_kernel<packed::ConvParams, check<true>, run_wide>();

}  // namespace tinyrig::engine
