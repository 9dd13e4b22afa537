// Inspections as people see them; the arena map drawn by hand.
#include "client/inspection_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/arena_map.h"

namespace tinyrig::client {
namespace {

using testing::HasSubstr;

void add_block(v1::Inspection& inspection, const std::string& name, std::uint64_t offset, std::uint64_t size, int first,
               int last, bool shared = false) {
  v1::ArenaBlock& block = *inspection.add_arena_plan();
  block.set_name(name);
  block.set_offset_bytes(offset);
  block.set_size_bytes(size);
  block.set_first_step(first);
  block.set_last_step(last);
  block.set_shared(shared);
}

// Two operators: input a, then b, then c in the place of b.
v1::Inspection small() {
  v1::Inspection inspection;
  inspection.set_model_name("kws");
  inspection.set_model_sha256("abc");
  inspection.set_file_bytes(2048);
  inspection.set_packed_core("cortex-m4");
  inspection.set_packed_model_bytes(1024);
  inspection.set_macs(100);
  inspection.set_weight_bytes(512);
  inspection.set_arena_bytes(64);
  inspection.set_arena_lower_bound_bytes(64);
  v1::OperatorInfo& conv = *inspection.add_operators();
  conv.set_kind("CONV_2D");
  conv.set_shape("1x4 -> 1x2");
  conv.set_kernel("dsp");
  conv.set_macs(100);
  conv.set_weight_bytes(512);
  conv.set_arena_live_bytes(64);
  v1::OperatorInfo& relu = *inspection.add_operators();
  relu.set_index(1);
  relu.set_kind("RELU");
  relu.set_shape("1x2");
  relu.set_kernel("portable");
  relu.set_arena_live_bytes(32);
  add_block(inspection, "in", 32, 32, -1, 0);
  add_block(inspection, "middle", 0, 32, 0, 1, true);
  add_block(inspection, "end", 0, 32, 1, 2, true);
  inspection.set_fits(true);
  inspection.set_placement("ram");
  v1::BoardType& type = *inspection.mutable_board_type();
  type.set_id("mps2-an386");
  type.set_core("cortex-m4");
  type.set_emulated(true);
  inspection.mutable_ram()->set_model_bytes(1088);
  inspection.mutable_ram()->set_model_limit_bytes(4352);
  inspection.mutable_ram()->set_agent_bytes(1024);
  inspection.mutable_flash()->set_model_limit_bytes(8192);
  return inspection;
}

TEST(ArenaMap, DrawsBlocksOverOperators) {
  EXPECT_EQ(arena_map(small()), R"(arena over time, 64 bytes; a row is 16 bytes, a column an operator
  48 |aa  |
  32 |aa  |
  16 | bcc|
   0 | bcc|
       0
       ^ peak: 64 bytes live at operator 0, CONV_2D

   OFFSET  BYTES  FROM   TO  TENSOR
a      32     32    in    0  in
b       0     32     0    1  middle (shares its place)
c       0     32     1  out  end (shares its place)
)");
}

TEST(ArenaMap, ManyOperatorsAreDrawnCoarser) {
  v1::Inspection inspection;
  inspection.set_arena_bytes(16 * 1024);
  for (int i = 0; i < 300; ++i) {
    v1::OperatorInfo& op = *inspection.add_operators();
    op.set_kind("ADD");
    op.set_arena_live_bytes(i == 200 ? 16'384 : 1'024);
  }
  add_block(inspection, "all", 0, 1024, -1, 300);
  add_block(inspection, "peak", 1024, 15 * 1024, 200, 200);
  const std::string map = arena_map(inspection);
  // 302 steps in at most 96 columns: 4 each, so 76; 16 rows of 1 KiB; operator 200 is step 201, column 50.
  EXPECT_THAT(map, HasSubstr("a row is 1,024 bytes, a column 4 operators"));
  EXPECT_THAT(map, HasSubstr("\n       0 |" + std::string(76, 'a') + "|\n"));
  EXPECT_THAT(map, HasSubstr("\n  15,360 |" + std::string(50, ' ') + "b" + std::string(25, ' ') + "|\n"));
  EXPECT_THAT(map, HasSubstr("^ peak: 16,384 bytes live at operator 200"));
  EXPECT_EQ(std::count(map.begin(), map.end(), '|'), 32);
}

TEST(ArenaMap, NothingToDrawIsNothing) { EXPECT_EQ(arena_map(v1::Inspection()), ""); }

TEST(InspectionText, OneTypeInFull) {
  const std::string text = inspection_text(small());
  EXPECT_THAT(text,
              HasSubstr("on mps2-an386 (cortex-m4, emulated)\n"
                        "  verdict       fits, the packed model in ram\n"
                        "  RAM           1.1 KiB of 4.2 KiB for models (25.0 %), beside 1 KiB set aside for the agent\n"
                        "  flash         0 B of 8 KiB for models\n"
                        "  packed model  1 KiB, laid out for cortex-m4\n"
                        "  arena         64 bytes planned, at least 64 needed\n"));
  EXPECT_THAT(text, HasSubstr("#  OPERATOR  SHAPE       MACS    SHARE  WEIGHTS  KERNEL    LIVE  ARENA\n"
                              "0  CONV_2D   1x4 -> 1x2   100  100.0 %    512 B  dsp         64  ####################"
                              " <- peak\n"
                              "1  RELU      1x2            0        -      0 B  portable    32  ##########\n"));
  EXPECT_THAT(text, HasSubstr("arena over time, 64 bytes"));
}

TEST(InspectionText, WhatDoesNotFitSaysHowMuchIsMissing) {
  v1::Inspection inspection = small();
  inspection.set_fits(false);
  inspection.clear_placement();
  inspection.set_reason("MODEL_TOO_LARGE_FOR_SLOT");
  inspection.set_missing_ram_bytes(6'272);
  inspection.set_missing_slot_bytes(100);
  EXPECT_THAT(inspection_text(inspection),
              HasSubstr("verdict       DOES NOT FIT [MODEL_TOO_LARGE_FOR_SLOT], 6,272 bytes of RAM missing, 100 bytes "
                        "of the model slot missing\n"));
  v1::InspectModelResponse both;
  *both.add_inspections() = small();
  *both.add_inspections() = inspection;
  const std::string table = fit_text(both);
  EXPECT_THAT(table,
              HasSubstr("mps2-an386  cortex-m4  yes   ram       1.1 KiB  4.2 KiB    0 B  8 KiB     64  cortex-m4\n"));
  EXPECT_THAT(table,
              HasSubstr("mps2-an386  cortex-m4  NO              1.1 KiB  4.2 KiB    0 B  8 KiB     64  cortex-m4    "
                        " 6,272 B of RAM, 100 B of the slot\n"));
  EXPECT_EQ(fit_text(v1::InspectModelResponse()), "");
}

TEST(InspectionText, OfARefusedModelEveryOperatorAndWhy) {
  v1::Inspection inspection = small();
  inspection.set_fits(false);
  inspection.set_reason("MODEL_UNKNOWN_OPERATOR");
  inspection.set_hint("replace it");
  v1::OperatorInfo& op = *inspection.mutable_operators(1);
  op.set_kind("SIN");
  op.set_unsupported("operator 1 is SIN, which the engine does not have");
  const std::string text = inspection_text(inspection);
  EXPECT_THAT(text, HasSubstr("CANNOT RUN on any board [MODEL_UNKNOWN_OPERATOR]: 1 of 2 operators are in the way\n"
                              "  operator 1 is SIN, which the engine does not have\n"
                              "  to do: replace it\n"));
  EXPECT_THAT(text, HasSubstr("#  OPERATOR  SHAPE       MACS  WEIGHTS  RUNS\n"
                              "0  CONV_2D   1x4 -> 1x2   100    512 B  yes\n"
                              "1  SIN       1x2            -        -  NO\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("arena over time")));
  v1::InspectModelResponse both;
  *both.add_inspections() = inspection;
  *both.add_inspections() = inspection;
  EXPECT_EQ(fit_text(both), text) << "the same on every board";
}

}  // namespace
}  // namespace tinyrig::client
