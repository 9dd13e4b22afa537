// Writes valid packed images, one per kind of operator and one with several, for the fuzzer to start from.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "agent_firmware/engine/engine.h"
#include "tests/support/packed_image_builder.h"

namespace {

using tinyrig::test::AlignedBytes;
using tinyrig::test::PackedImageBuilder;
using namespace tinyrig::packed;  // NOLINT: the program is about nothing else

using Int8s = std::vector<std::int8_t>;
using Int32s = std::vector<std::int32_t>;

// Everything takes 32 bytes at `in` to 32 at `out` (a part of them where an operator makes less).
struct Model {
  PackedImageBuilder builder;
  DataRef in = builder.arena(32);
  DataRef out = builder.arena(32);
};

ConvParams convolution(Model& m, std::size_t weights) {
  ConvParams p = {};
  p.input = m.in;
  p.output = m.out;
  p.weights = m.builder.constants(Int8s(weights, 3));
  p.bias = m.builder.constants(Int32s{100, -100});
  p.multipliers = m.builder.constants(Int32s{1 << 30, 1 << 30});
  p.shifts = m.builder.constants(Int32s{-3, 1});
  p.scratch = kNone;
  p.input_shape = p.output_shape = {1, 4, 4, 2};
  p.kernel_h = p.kernel_w = 3;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
  p.pad_top = p.pad_left = 1;
  p.depth_multiplier = 1;
  p.input_offset = 7;
  p.activation_min = -128;
  p.activation_max = 127;
  return p;
}

void add_convolution(Model& m, OperatorKind kind) {
  m.builder.add_operator(kind, convolution(m, kind == OperatorKind::kDepthwiseConv2d ? 18 : 36), m.out, 32);
}

void add_fully_connected(Model& m) {
  FullyConnectedParams p = {};
  p.input = m.in;
  p.output = m.out;
  p.weights = m.builder.constants(Int8s(64, -5));
  p.bias = m.builder.constants(Int32s(4, 9));
  p.multipliers = m.builder.constants(Int32s(4, 1 << 30));
  p.shifts = m.builder.constants(Int32s(4, -6));
  p.batches = 2;
  p.inputs = 16;
  p.outputs = 4;
  p.per_channel = 1;
  p.activation_min = -128;
  p.activation_max = 127;
  m.builder.add_operator(OperatorKind::kFullyConnected, p, m.out, 8);
}

void add_pool(Model& m, OperatorKind kind) {
  PoolParams p = {};
  p.input = m.in;
  p.output = m.out;
  p.input_shape = {1, 4, 4, 2};
  p.output_shape = {1, 2, 2, 2};
  p.filter_h = p.filter_w = 3;
  p.stride_h = p.stride_w = 2;
  p.activation_min = -128;
  p.activation_max = 127;
  m.builder.add_operator(kind, p, m.out, 8);
}

void add_binary(Model& m, OperatorKind kind) {
  BinaryParams p = {};
  p.input1 = m.in;
  p.input2 = m.builder.constants(Int8s{1, 2, 3, 4});
  p.output = m.out;
  std::fill_n(p.dims, kMaxRank, 1);
  p.dims[4] = 8;
  p.dims[5] = 4;
  p.strides1[4] = 4;
  p.strides1[5] = p.strides2[5] = 1;
  p.left_shift = 20;
  p.input1_multiplier = p.output_multiplier = 1 << 30;
  p.input2_multiplier = -(1 << 30);
  p.output_shift = -18;
  p.activation_min = -128;
  p.activation_max = 127;
  m.builder.add_operator(kind, p, m.out, 32);
}

void add_parts(Model& m, OperatorKind kind) {
  const bool split = kind == OperatorKind::kSplit;
  const DataRef parts = split ? m.out : m.in;
  m.builder.add_operator(kind, PartsParams{split ? m.in : m.out, 4, 2}, m.out, 24, {parts, parts + 16, 4, 2});
}

void add_pad(Model& m) {
  PadParams p = {};
  p.input = m.in;
  p.output = m.out;
  std::fill_n(p.input_dims, kMaxRank, 1);
  std::fill_n(p.output_dims, kMaxRank, 1);
  p.input_dims[4] = p.input_dims[5] = 3;
  p.output_dims[4] = 4;
  p.output_dims[5] = 5;
  p.before[5] = 1;
  p.value = -3;
  p.element_bytes = 1;
  m.builder.add_operator(OperatorKind::kPad, p, m.out, 20);
}

void add_gather(Model& m, OperatorKind kind) {
  GatherParams p = {};
  p.input = m.in;
  p.output = m.out;
  std::fill_n(p.dims, kMaxRank, 1);
  p.dims[4] = 3;
  p.dims[5] = 2;
  p.strides[4] = 1;
  p.strides[5] = kind == OperatorKind::kTranspose ? 3 : -3;
  p.start = kind == OperatorKind::kTranspose ? 0 : 5;
  p.element_bytes = kind == OperatorKind::kTranspose ? 1 : 4;
  m.builder.add_operator(kind, p, m.out, 6);
}

void add_mean(Model& m) {
  MeanParams p = {};
  p.input = m.in;
  p.output = m.out;
  std::fill_n(p.kept_dims, kMaxRank, 1);
  std::fill_n(p.reduced_dims, kMaxRank, 1);
  p.kept_dims[0] = 4;
  p.kept_strides[0] = 1;
  p.reduced_dims[0] = 8;
  p.reduced_strides[0] = 4;
  p.count = 8;
  p.multiplier = 1 << 30;
  p.shift = -2;
  m.builder.add_operator(OperatorKind::kMean, p, m.out, 4);
}

void add_rest(Model& m, OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kCopy:
      m.builder.add_operator(kind, CopyParams{m.in, m.out, 32}, m.out, 32);
      return;
    case OperatorKind::kSoftmax:
      m.builder.add_operator(kind, SoftmaxParams{m.in, m.out, 2, 16, 1 << 30, 23, -248}, m.out, 32);
      return;
    case OperatorKind::kLookup:
      m.builder.add_operator(kind, LookupParams{m.in, m.out, m.builder.constants(Int8s(256, 5)), 32}, m.out, 32);
      return;
    case OperatorKind::kQuantize:
    case OperatorKind::kDequantize:
      m.builder.add_operator(kind, ConvertParams{m.in, m.out, 8, 0.5F, -3}, m.out, 8);
      return;
    default:
      m.builder.add_operator(kind, ResizeParams{m.in, m.out, {1, 2, 3, 2}, {1, 4, 4, 2}, 0, 1}, m.out, 32);
  }
}

void add(Model& m, OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kConv2d:
    case OperatorKind::kDepthwiseConv2d:
    case OperatorKind::kTransposeConv:
      return add_convolution(m, kind);
    case OperatorKind::kFullyConnected:
      return add_fully_connected(m);
    case OperatorKind::kAveragePool2d:
    case OperatorKind::kMaxPool2d:
      return add_pool(m, kind);
    case OperatorKind::kAdd:
    case OperatorKind::kMul:
      return add_binary(m, kind);
    case OperatorKind::kConcatenation:
    case OperatorKind::kSplit:
      return add_parts(m, kind);
    case OperatorKind::kPad:
      return add_pad(m);
    case OperatorKind::kTranspose:
    case OperatorKind::kStridedSlice:
      return add_gather(m, kind);
    case OperatorKind::kMean:
      return add_mean(m);
    default:
      return add_rest(m, kind);
  }
}

bool write(Model& m, const std::filesystem::path& path) {
  m.builder.add_input(m.in, 32);
  m.builder.add_output(m.out, 32);
  const AlignedBytes image = m.builder.build();
  AlignedBytes arena(m.builder.arena_bytes());
  tinyrig::engine::Engine engine;
  tinyrig::runtime::LoadReport report;
  if (engine.load(image.span(), arena.span(), report) != tinyrig::runtime::Error::kOk) {
    std::fprintf(stderr, "%s: load refuses this seed\n", path.c_str());
    return false;
  }
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_DIR\n", argv[0]);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  bool good = true;
  Model all;
  for (int kind = 1; kind <= 20; ++kind) {
    Model one;
    add(one, static_cast<OperatorKind>(kind));
    add(all, static_cast<OperatorKind>(kind));
    good = write(one, folder / ("kind_" + std::to_string(kind) + ".trpm")) && good;
  }
  good = write(all, folder / "all_kinds.trpm") && good;
  return good ? 0 : 1;
}
