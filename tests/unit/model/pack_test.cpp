// The image itself: header, CRC, shared constants, descriptions; and the operator code trap.
#include "server/model/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "server/base/error.h"
#include "server/model/layout.h"
#include "server/model/parse_tflite.h"
#include "server/model/reference_run.h"
#include "tests/support/model/random_model.h"
#include "tests/support/model/tflite_builder.h"
#include "wire/link/crc32.h"

namespace tinyrig::model {
namespace {

using test::TfliteBuilder;

// Two convolutions with the same weights and one reshape.
TfliteBuilder small_model() {
  TfliteBuilder builder;
  const int in = builder.input({1, 4, 4, 1}, 0.5F, -3);
  const std::vector<std::int8_t> data = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const int weights = builder.constant({1, 3, 3, 1}, data, {0.25F});
  const int weights_again = builder.constant({1, 3, 3, 1}, data, {0.25F});
  const int middle = builder.tensor({1, 4, 4, 1}, 0.5F, -3);
  const int wide = builder.tensor({1, 4, 4, 1}, 0.5F, -3);
  const int out = builder.tensor({1, 16}, 0.5F, -3);
  tflite::Conv2DOptionsT options;
  options.stride_h = options.stride_w = 1;
  builder.add(OperatorCode::kConv2d, {in, weights}, {middle}, options);
  builder.add(OperatorCode::kConv2d, {middle, weights_again}, {wide}, options);
  builder.add(OperatorCode::kReshape, {wide}, {out});
  builder.output(out);
  return builder;
}

packed::Header header_of(const PackedModel& model) {
  packed::Header header{};
  std::memcpy(&header, model.image.data(), sizeof(header));
  return header;
}

TEST(Pack, WritesAHeaderThatHolds) {
  const std::vector<std::uint8_t> file = small_model().build();
  PackOptions options;
  options.model_id = "kws01";
  const auto model = pack_tflite(file, packed::Core::kPortable, options);
  ASSERT_TRUE(model.ok()) << model.status();
  const packed::Header header = header_of(*model);
  EXPECT_EQ(header.magic, packed::kMagic);
  EXPECT_EQ(header.version, packed::kVersion);
  EXPECT_EQ(header.header_bytes, sizeof(packed::Header));
  EXPECT_EQ(header.image_bytes, model->image.size());
  EXPECT_EQ(header.core, packed::Core::kPortable);
  EXPECT_EQ(header.crc32, link::crc32(std::span<const std::byte>(model->image).subspan(16)));
  EXPECT_EQ(header.arena_bytes, model->arena_bytes);
  EXPECT_EQ(header.operator_count, 3);
  EXPECT_EQ(header.input_count, 1);
  EXPECT_EQ(header.output_count, 1);
  EXPECT_STREQ(header.model_id, "kws01");
  EXPECT_EQ(model->sha256, sha256_hex(file));
  EXPECT_EQ(model->image.size() % packed::kAlignment, 0U);
}

// Every core runs portable kernels, so an image that uses no others is portable: the host can run it too.
TEST(Pack, HasAnImageForTheReferenceWhateverTheCore) {
  for (int number = 0; number <= static_cast<int>(packed::Core::kRv32imac); ++number) {
    const auto model = pack_tflite(small_model().build(), static_cast<packed::Core>(number));
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_EQ(header_of(*model).core, model->core);
    bool uses_core_kernels = false;
    for (const OperatorInfo& op : model->operators) uses_core_kernels |= op.kernel != "portable";
    EXPECT_EQ(model->core != packed::Core::kPortable, uses_core_kernels);
    const auto run = reference_run(model->reference_image(), 1);
    EXPECT_TRUE(run.ok()) << run.status();
  }
}

TEST(Pack, KeepsEqualConstantsOnce) {
  TfliteBuilder shared = small_model();
  const auto with_equal = pack_tflite(shared.build(), packed::Core::kPortable);
  shared.model.buffers[2]->data[0] = 77;
  const auto with_different = pack_tflite(shared.build(), packed::Core::kPortable);
  ASSERT_TRUE(with_equal.ok() && with_different.ok());
  EXPECT_EQ(with_different->image.size() - with_equal->image.size(), 16U);  // one more block of nine bytes
}

TEST(Pack, DescribesOperatorsAndTensors) {
  const auto model = pack_tflite(small_model().build(), packed::Core::kPortable);
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ(model->operators.size(), 3U);
  EXPECT_EQ(model->operators[1].index, 1U);
  EXPECT_EQ(model->operators[1].kind, "CONV_2D");
  EXPECT_EQ(model->operators[1].kernel, "portable");
  EXPECT_EQ(model->operators[1].shape, "1x4x4x1 * 1x3x3x1 -> 1x4x4x1");
  EXPECT_EQ(model->operators[1].macs, 144U);
  EXPECT_EQ(model->operators[1].weight_bytes, 9U);
  EXPECT_EQ(model->operators[1].arena_live_bytes, 32U);
  EXPECT_EQ(model->operators[2].kind, "RESHAPE");
  EXPECT_EQ(model->operators[2].arena_live_bytes, 16U);
  EXPECT_EQ(model->macs, 288U);
  ASSERT_EQ(model->inputs.size(), 1U);
  EXPECT_EQ(model->inputs[0].name, "t0");
  EXPECT_EQ(model->inputs[0].type, "int8");
  EXPECT_THAT(model->inputs[0].shape, testing::ElementsAre(1, 4, 4, 1));
  EXPECT_EQ(model->inputs[0].scale, 0.5F);
  EXPECT_EQ(model->inputs[0].zero_point, -3);
  EXPECT_EQ(model->outputs[0].bytes, 16U);
  EXPECT_EQ(model->arena_bytes, 32U);
}

// Old converters fill only the 8-bit field, leaving the other at 0, which is ADD.
TEST(Pack, TakesTheLargerOfBothOperatorCodes) {
  TfliteBuilder builder = small_model();
  for (auto& code : builder.model.operator_codes) code->builtin_code = 0;
  const auto old_style = pack_tflite(builder.build(), packed::Core::kPortable);
  ASSERT_TRUE(old_style.ok()) << old_style.status();
  EXPECT_EQ(old_style->operators[0].kind, "CONV_2D");
}

// FlatBuffers' verifier lets 64-bit elements lie at odd multiples of 4; found by the fuzzer under UBSan.
TEST(Pack, ReadsZeroPointsThatLieUnaligned) {
  std::vector<std::uint8_t> file = small_model().build();
  const tflite::Quantization* quantization =
      tflite::GetModel(file.data())->subgraphs()->Get(0)->tensors()->Get(0)->quantization();
  const std::uint8_t* field =
      reinterpret_cast<const flatbuffers::Table*>(quantization)->GetAddressOf(tflite::Quantization::VT_ZERO_POINT);
  const auto field_at = static_cast<std::size_t>(field - file.data());
  file.resize((file.size() + 7) / 8 * 8);
  const auto vector_at = static_cast<std::uint32_t>(file.size() - field_at);
  const std::uint32_t count = 1;
  const std::int64_t zero_point = -3;
  file.resize(file.size() + sizeof(count) + sizeof(zero_point));
  std::memcpy(file.data() + field_at, &vector_at, sizeof(vector_at));
  std::memcpy(file.data() + field_at + vector_at, &count, sizeof(count));
  std::memcpy(file.data() + field_at + vector_at + sizeof(count), &zero_point, sizeof(zero_point));
  const auto model = pack_tflite(file, packed::Core::kPortable);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->inputs[0].zero_point, -3);
}

TEST(Pack, RefusesTooManyBytesOfActivations) {
  TfliteBuilder builder;
  const int in = builder.input({1, 4097, 4096, 1});
  const int out = builder.tensor({1, 4097, 4096, 1});
  builder.add(OperatorCode::kRelu, {in}, {out});
  builder.output(out);
  const auto model = pack_tflite(builder.build(), packed::Core::kPortable);
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(reason_of(model.status()), "MODEL_TOO_LARGE");
  EXPECT_FALSE(hint_of(model.status()).empty());
}

TEST(Pack, ModelOutputMayBeAModelInputToo) {
  TfliteBuilder builder = small_model();
  builder.output(0);
  const auto model = pack_tflite(builder.build(), packed::Core::kPortable);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto run = reference_run(model->image, 1);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->output.size(), 32U);
}

TEST(ReferenceRun, RefusesWhatTakesTooLong) {
  const auto model = pack_tflite(small_model().build(), packed::Core::kPortable);
  ASSERT_TRUE(model.ok());
  EXPECT_TRUE(
      reference_run(model->image, 1, 288 + 16).ok());  // the MACs of both convolutions, the bytes of the reshape
  const auto run = reference_run(model->image, 1, 288 + 15);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(run.status()), "MODEL_TOO_HEAVY");
}

// No multiplications at all, but each of 2^16 outputs looks at a whole image of 2^16.
TEST(ReferenceRun, CountsPoolingWindows) {
  TfliteBuilder builder;
  const int in = builder.input({1, 256, 256, 1});
  const int out = builder.tensor({1, 256, 256, 1});
  tflite::Pool2DOptionsT options;
  options.stride_h = options.stride_w = 1;
  options.filter_h = options.filter_w = 32767;
  builder.add(OperatorCode::kMaxPool2d, {in}, {out}, options);
  builder.output(out);
  const auto model = pack_tflite(builder.build(), packed::Core::kPortable);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->macs, 0U);
  EXPECT_EQ(reason_of(reference_run(model->image, 1).status()), "MODEL_TOO_HEAVY");
}

TEST(ReferenceRun, RefusesADamagedImage) {
  const auto model = pack_tflite(small_model().build(), packed::Core::kPortable);
  ASSERT_TRUE(model.ok());
  std::vector<std::byte> image = model->image;
  image[image.size() / 2] ^= std::byte{1};
  EXPECT_EQ(reason_of(reference_run(image, 1).status()), "MODEL_REFUSED_BY_ENGINE");
  image.resize(40);
  EXPECT_FALSE(reference_run(image, 1).ok());
}

TEST(Layout, KnowsEveryCoreByName) {
  for (int number = 0; number <= static_cast<int>(packed::Core::kRv32imac); ++number) {
    packed::Core core{};
    const char* name = core_name(static_cast<packed::Core>(number));
    ASSERT_TRUE(parse_core(name, core)) << name;
    EXPECT_EQ(static_cast<int>(core), number);
  }
  packed::Core core{};
  EXPECT_FALSE(parse_core("cortex-a53", core));
}

}  // namespace
}  // namespace tinyrig::model
