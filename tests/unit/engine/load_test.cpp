// What load() refuses, field by field, and what the runtime answers around it.
#include <functional>

#include "tests/unit/engine/one_operator.h"

namespace tinyrig::test {
namespace {

using packed::OperatorKind;
using runtime::Error;

// A model of every kind of table: lookup, then copy. Input at 0, between at 16, output at 32; 48 bytes.
struct TwoOperators {
  AlignedBytes image;
  AlignedBytes arena{48};
  packed::DataRef table = 0;

  TwoOperators() {
    PackedImageBuilder builder;
    Int8s negated(256);
    for (int q = -128; q <= 127; ++q) {
      negated[static_cast<std::uint8_t>(q)] = static_cast<std::int8_t>(-1 - q);
    }
    table = builder.constants(negated);
    const packed::DataRef in = builder.arena(16);
    const packed::DataRef between = builder.arena(16);
    const packed::DataRef out = builder.arena(16);
    builder.add_input(in, 4);
    builder.add_output(out, 4);
    builder.add_operator(OperatorKind::kLookup, packed::LookupParams{in, between, table, 4}, between, 4);
    builder.add_operator(OperatorKind::kCopy, packed::CopyParams{between, out, 4}, out, 4);
    image = builder.build();
  }

  packed::Header& header() { return *reinterpret_cast<packed::Header*>(image.data()); }
  packed::Operator& op(std::size_t i) {
    return reinterpret_cast<packed::Operator*>(image.data() + header().operators_offset)[i];
  }
  packed::Tensor& tensor(std::size_t i) {
    return reinterpret_cast<packed::Tensor*>(image.data() + header().tensors_offset)[i];
  }
  template <typename Params>
  Params& params(std::size_t i) {
    return *reinterpret_cast<Params*>(image.data() + op(i).params_offset);
  }
  Error load(runtime::LoadReport* report = nullptr) {
    runtime::LoadReport unused;
    return runtime::load(image.span(), arena.span(), report != nullptr ? *report : unused);
  }
};

TEST(Load, AcceptsAValidImageAndReports) {
  TwoOperators model;
  runtime::LoadReport report;
  ASSERT_EQ(model.load(&report), Error::kOk);
  EXPECT_EQ(report.arena_bytes, 48U);
  EXPECT_EQ(report.missing_bytes, 0U);
  EXPECT_EQ(report.operator_count, 2);
  EXPECT_EQ(runtime::input_count(), 1U);
  EXPECT_EQ(runtime::output_count(), 1U);
  EXPECT_EQ(runtime::input(0).size(), 4U);
  EXPECT_EQ(runtime::input(0).data(), model.arena.data());
  EXPECT_EQ(runtime::output(0).data(), model.arena.data() + 32);
  EXPECT_TRUE(runtime::input(1).empty());
  EXPECT_TRUE(runtime::output(1).empty());
}

TEST(Load, SaysHowManyBytesTheArenaLacks) {
  TwoOperators model;
  for (const std::size_t have : {0U, 1U, 47U}) {
    runtime::LoadReport report;
    EXPECT_EQ(runtime::load(model.image.span(), model.arena.span().first(have), report), Error::kArenaTooSmall);
    EXPECT_EQ(report.arena_bytes, 48U);
    EXPECT_EQ(report.missing_bytes, 48U - have);
    EXPECT_EQ(runtime::run(), Error::kNoModel);
  }
}

TEST(Load, AcceptsAnImageInALargerSlot) {
  TwoOperators model;
  AlignedBytes slot(model.image.size() + 100);
  std::copy(model.image.span().begin(), model.image.span().end(), slot.data());
  runtime::LoadReport report;
  EXPECT_EQ(runtime::load(slot.span(), model.arena.span(), report), Error::kOk);
}

TEST(Load, RefusesEveryTruncation) {
  TwoOperators model;
  runtime::LoadReport report;
  for (std::size_t size = 0; size < model.image.size(); ++size) {
    ASSERT_EQ(runtime::load(model.image.span().first(size), model.arena.span(), report), Error::kBadModel) << size;
  }
}

TEST(Load, RefusesEveryFlippedBit) {
  TwoOperators model;
  constexpr std::size_t kVersionAt = offsetof(packed::Header, version);
  for (std::size_t at = 0; at < model.image.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      model.image.data()[at] ^= static_cast<std::byte>(1 << bit);
      const bool version = at == kVersionAt || at == kVersionAt + 1;
      ASSERT_EQ(model.load(), version ? Error::kNotForThisCore : Error::kBadModel) << at << ' ' << bit;
      model.image.data()[at] ^= static_cast<std::byte>(1 << bit);
    }
  }
  EXPECT_EQ(model.load(), Error::kOk);
}

TEST(Load, RefusesAMisalignedImage) {
  TwoOperators model;
  AlignedBytes moved(model.image.size() + 8);
  std::copy(model.image.span().begin(), model.image.span().end(), moved.data() + 8);
  runtime::LoadReport report;
  EXPECT_EQ(runtime::load(moved.span().subspan(8), model.arena.span(), report), Error::kBadModel);
}

struct Rejection {
  const char* what;
  Error error;
  std::function<void(TwoOperators&)> damage;
};

// Each damage is sealed with a fresh CRC, so that the field's own check must find it.
TEST(Load, RefusesByField) {
  const Rejection rejections[] = {
      {"magic", Error::kBadModel, [](auto& m) { m.header().magic = 0x12345678; }},
      {"newer version", Error::kNotForThisCore, [](auto& m) { m.header().version = packed::kVersion + 1; }},
      {"header too small", Error::kBadModel, [](auto& m) { m.header().header_bytes = 80; }},
      {"header too large", Error::kBadModel, [](auto& m) { m.header().header_bytes = 96; }},
      {"another core", Error::kNotForThisCore, [](auto& m) { m.header().core = packed::Core::kCortexM55; }},
      {"no such core", Error::kNotForThisCore, [](auto& m) { m.header().core = static_cast<packed::Core>(200); }},
      {"no operators", Error::kBadModel, [](auto& m) { m.header().operator_count = 0; }},
      {"operators beyond the image", Error::kBadModel, [](auto& m) { m.header().operator_count = 60000; }},
      {"operators misaligned", Error::kBadModel, [](auto& m) { m.header().operators_offset += 4; }},
      {"operators far away", Error::kBadModel, [](auto& m) { m.header().operators_offset = 0xFFFFFFF0U; }},
      {"no inputs", Error::kBadModel, [](auto& m) { m.header().input_count = 0; }},
      {"no outputs", Error::kBadModel, [](auto& m) { m.header().output_count = 0; }},
      {"tensors beyond the image", Error::kBadModel, [](auto& m) { m.header().output_count = 60000; }},
      {"tensors misaligned", Error::kBadModel, [](auto& m) { m.header().tensors_offset += 8; }},
      {"arena of nothing", Error::kBadModel, [](auto& m) { m.header().arena_bytes = 0; }},
      {"arena one byte short", Error::kBadModel, [](auto& m) { m.header().arena_bytes = 35; }},
      {"no such kind", Error::kBadModel, [](auto& m) { m.op(0).kind = static_cast<OperatorKind>(99); }},
      {"kind zero", Error::kBadModel, [](auto& m) { m.op(0).kind = static_cast<OperatorKind>(0); }},
      {"no such kernel", Error::kBadModel, [](auto& m) { m.op(0).kernel = 7; }},
      {"params misaligned", Error::kBadModel, [](auto& m) { m.op(0).params_offset += 4; }},
      {"params far away", Error::kBadModel, [](auto& m) { m.op(0).params_offset = 0xFFFFFFF0U; }},
      {"params too short", Error::kBadModel, [](auto& m) { m.op(0).params_bytes -= 4; }},
      {"params too long", Error::kBadModel, [](auto& m) { m.op(0).params_bytes += 4; }},
      {"operator's output beyond the arena", Error::kBadModel, [](auto& m) { m.op(0).output_bytes = 33; }},
      {"operator's output in the image", Error::kBadModel, [](auto& m) { m.op(0).output |= packed::kInImage; }},
      {"tensor in the image", Error::kBadModel, [](auto& m) { m.tensor(0).data = m.table; }},
      {"tensor bytes", Error::kBadModel, [](auto& m) { m.tensor(0).bytes = 5; }},
      {"tensor rank", Error::kBadModel, [](auto& m) { m.tensor(0).rank = 7; }},
      {"tensor type", Error::kBadModel, [](auto& m) { m.tensor(0).type = static_cast<packed::ElementType>(9); }},
      {"tensor dimension", Error::kBadModel, [](auto& m) { m.tensor(1).dims[0] = -4; }},
      {"tensor beyond the arena", Error::kBadModel, [](auto& m) { m.tensor(1).data = 45; }},
      {"float tensor misaligned", Error::kBadModel,
       [](auto& m) {
         m.tensor(1).type = packed::ElementType::kFloat32;
         m.tensor(1).dims[0] = 1;
         m.tensor(1).data = 34;
       }},
      {"lookup: count", Error::kBadModel, [](auto& m) { m.template params<packed::LookupParams>(0).count = 33; }},
      {"lookup: nothing", Error::kBadModel, [](auto& m) { m.template params<packed::LookupParams>(0).count = 0; }},
      {"lookup: table beyond the image", Error::kBadModel,
       [](auto& m) {
         const auto last = static_cast<std::uint32_t>((m.image.size() - 200) / 16 * 16);
         m.template params<packed::LookupParams>(0).table = packed::kInImage | last;
       }},
      {"lookup: table misaligned", Error::kBadModel,
       [](auto& m) { m.template params<packed::LookupParams>(0).table += 4; }},
      {"lookup: table is none", Error::kBadModel,
       [](auto& m) { m.template params<packed::LookupParams>(0).table = packed::kNone; }},
      {"copy: into the image", Error::kBadModel,
       [](auto& m) { m.template params<packed::CopyParams>(1).output = m.table; }},
      {"copy: from beyond", Error::kBadModel,
       [](auto& m) { m.template params<packed::CopyParams>(1).input = 0x7FFFFFFFU; }},
  };
  for (const Rejection& rejection : rejections) {
    TwoOperators model;
    rejection.damage(model);
    seal(model.image.span());
    EXPECT_EQ(model.load(), rejection.error) << rejection.what;
    EXPECT_EQ(runtime::run(), Error::kNoModel) << rejection.what;
  }
}

TEST(Load, AFailureUnloadsTheModelBefore) {
  TwoOperators model;
  ASSERT_EQ(model.load(), Error::kOk);
  TwoOperators damaged;
  damaged.header().magic = 0;
  EXPECT_EQ(damaged.load(), Error::kBadModel);
  EXPECT_EQ(runtime::run(), Error::kNoModel);
  EXPECT_EQ(runtime::input_count(), 0U);
}

TEST(Runtime, WithoutAModel) {
  runtime::unload();
  EXPECT_EQ(runtime::run(), Error::kNoModel);
  EXPECT_EQ(runtime::input_count(), 0U);
  EXPECT_EQ(runtime::output_count(), 0U);
  EXPECT_TRUE(runtime::input(0).empty());
  EXPECT_EQ(runtime::arena_used_bytes(), 0U);
  EXPECT_TRUE(runtime::spare_arena().empty());
}

// Two rows of the leaderboard: packed for this core, and for none.
TEST(Runtime, IsItselfAndPortable) {
  const auto all = runtime::descriptions();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_STREQ(all[0].name, "tinyrig");
  EXPECT_EQ(all[0].core, 0) << "the host has no kernels of its own";
  EXPECT_STREQ(all[1].name, "portable");
  EXPECT_EQ(all[1].core, 0);
  for (const runtime::Description& one : all) {
    EXPECT_STREQ(one.version, "0.1.0");
    EXPECT_EQ(one.model_format, runtime::ModelFormat::kPacked);
  }
}

TEST(Runtime, MeasuresWhatItUsesOfTheArenaAndLeavesTheRest) {
  TwoOperators model;
  model.arena = AlignedBytes(400);
  ASSERT_EQ(model.load(), Error::kOk);
  EXPECT_EQ(runtime::arena_used_bytes(), 0U);
  std::fill_n(runtime::input(0).begin(), 4, std::byte{1});
  ASSERT_EQ(runtime::run(), Error::kOk);
  EXPECT_EQ(runtime::arena_used_bytes(), 36U) << "the output of 4 bytes lies at 32";
  EXPECT_EQ(runtime::spare_arena().data(), model.arena.data() + 48);
  EXPECT_EQ(runtime::spare_arena().size(), 352U);
  model.arena.data()[303] = std::byte{1};
  EXPECT_EQ(runtime::arena_used_bytes(), 304U) << "also what no plan allows";
}

TEST(Runtime, CallsTheHookAfterEachOperator) {
  TwoOperators model;
  ASSERT_EQ(model.load(), Error::kOk);
  const std::byte input[] = {std::byte{0}, std::byte{1}, std::byte{0x7F}, std::byte{0x80}};
  std::copy(std::begin(input), std::end(input), runtime::input(0).begin());
  struct Call {
    std::uint16_t index;
    Int8s output;
    const std::byte* at;
  };
  std::vector<Call> calls;
  const runtime::OperatorHook hook = {[](void* context, std::uint16_t index) {
                                        const std::span<const std::byte> output = runtime::operator_output(index);
                                        const auto* begin = reinterpret_cast<const std::int8_t*>(output.data());
                                        static_cast<std::vector<Call>*>(context)->push_back(
                                            {index, Int8s(begin, begin + output.size()), output.data()});
                                      },
                                      &calls};
  ASSERT_EQ(runtime::run(&hook), Error::kOk);
  ASSERT_EQ(calls.size(), 2U);
  const Int8s expected = {-1, -2, -128, 127};
  EXPECT_EQ(calls[0].index, 0);
  EXPECT_EQ(calls[0].output, expected);
  EXPECT_EQ(calls[0].at, model.arena.data() + 16);
  EXPECT_EQ(calls[1].index, 1);
  EXPECT_EQ(calls[1].output, expected);
  EXPECT_EQ(calls[1].at, model.arena.data() + 32);
  ASSERT_EQ(runtime::run(), Error::kOk);
  EXPECT_EQ(calls.size(), 2U);
  EXPECT_TRUE(runtime::operator_output(2).empty());
  runtime::unload();
  EXPECT_TRUE(runtime::operator_output(0).empty());
}

}  // namespace
}  // namespace tinyrig::test
