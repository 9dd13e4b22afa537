// What our own models take, on types of board made for the test. Sizes are those of the portable layout
// (models/README.md).
#include "server/inspect/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "server/base/error.h"

namespace tinyrig::inspect {
namespace {

std::vector<std::uint8_t> source_file(const std::string& path) {
  std::ifstream file(std::string(TINYRIG_SOURCE_DIR) + "/" + path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

v1::BoardType board_type(const std::string& id, std::uint64_t model_ram_bytes, std::uint64_t model_slot_bytes,
                         const std::string& core = "portable") {
  v1::BoardType type;
  type.set_id(id);
  type.set_core(core);
  type.set_ram_bytes(model_ram_bytes + 1000);
  type.set_model_ram_bytes(model_ram_bytes);
  type.set_flash_bytes(model_slot_bytes + 50'000);
  type.set_model_slot_bytes(model_slot_bytes);
  type.set_agent_flash_bytes(40'000);
  return type;
}

v1::Inspection inspect_one(const std::string& model, const v1::BoardType& type) {
  const auto inspections = inspect_model("m", source_file("models/" + model), {type});
  EXPECT_TRUE(inspections.ok()) << inspections.status();
  return inspections.ok() ? inspections->front() : v1::Inspection();
}

TEST(Inspect, TellsOperatorsKernelsAndArena) {
  const v1::Inspection digits = inspect_one("digits.tflite", board_type("roomy", 20'000, 0));
  EXPECT_EQ(digits.model_sha256(), "077a875c0e5eb7db4c8e76ff781e0fe8b9310e43d58c488db54f9837d5375274");
  EXPECT_EQ(digits.file_bytes(), 12'680U);
  EXPECT_EQ(digits.packed_core(), "portable");
  EXPECT_EQ(digits.macs(), 41'984U);
  EXPECT_EQ(digits.packed_model_bytes(), 6'368U);
  EXPECT_EQ(digits.arena_bytes(), 1'536U);
  EXPECT_EQ(digits.arena_lower_bound_bytes(), 1'536U);
  ASSERT_EQ(digits.operators_size(), 10);
  // 8x8 positions, 16 channels, a window of 9; weights 144 bytes and 16 biases of 4.
  EXPECT_EQ(digits.operators(0).kind(), "CONV_2D");
  EXPECT_EQ(digits.operators(0).shape(), "1x8x8x1 * 16x3x3x1 -> 1x8x8x16");
  EXPECT_EQ(digits.operators(0).macs(), 9'216U);
  EXPECT_EQ(digits.operators(0).weight_bytes(), 208U);
  EXPECT_EQ(digits.operators(0).kernel(), "portable");
  EXPECT_EQ(digits.operators(0).arena_live_bytes(), 64U + 1'024U);
  // The shortcut, and input and output of a 1x1 convolution: three times 4x4x32.
  EXPECT_EQ(digits.operators(4).arena_live_bytes(), 1'536U);
}

TEST(Inspect, PlanPlacesEachTensorInsideTheArena) {
  const v1::Inspection digits = inspect_one("digits.tflite", board_type("roomy", 20'000, 0));
  ASSERT_EQ(digits.arena_plan_size(), 11);
  const v1::ArenaBlock& input = digits.arena_plan(0);
  EXPECT_EQ(input.name(), "0 serving_default_image:0");
  EXPECT_EQ(input.size_bytes(), 64U);
  EXPECT_EQ(input.first_step(), -1);
  EXPECT_EQ(input.last_step(), 0);
  const v1::ArenaBlock& output = digits.arena_plan(10);
  EXPECT_EQ(output.last_step(), digits.operators_size());
  EXPECT_TRUE(output.shared()) << "softmax works in place";
  for (const v1::ArenaBlock& block : digits.arena_plan()) {
    EXPECT_LE(block.offset_bytes() + block.size_bytes(), digits.arena_bytes()) << block.name();
  }
}

TEST(Inspect, ModelInRamCountsImageAndArenaThere) {
  const v1::Inspection digits = inspect_one("digits.tflite", board_type("roomy", 20'000, 10'000));
  EXPECT_TRUE(digits.fits());
  EXPECT_EQ(digits.placement(), "ram");
  EXPECT_EQ(digits.ram().model_bytes(), 6'368U + 1'536U);
  EXPECT_EQ(digits.ram().model_limit_bytes(), 20'000U);
  EXPECT_EQ(digits.ram().agent_bytes(), 1'000U);
  EXPECT_EQ(digits.ram().total_bytes(), 21'000U);
  EXPECT_EQ(digits.flash().model_bytes(), 0U);
  EXPECT_EQ(digits.flash().agent_bytes(), 40'000U);
  EXPECT_EQ(digits.flash().total_bytes(), 60'000U);
}

TEST(Inspect, ModelInTheSlotLeavesTheArenaInRam) {
  const v1::Inspection digits = inspect_one("digits.tflite", board_type("narrow", 2'000, 10'000));
  EXPECT_TRUE(digits.fits());
  EXPECT_EQ(digits.placement(), "flash_slot");
  EXPECT_EQ(digits.ram().model_bytes(), 1'536U);
  EXPECT_EQ(digits.flash().model_bytes(), 6'368U);
  EXPECT_EQ(digits.flash().model_limit_bytes(), 10'000U);
}

TEST(Inspect, SaysWhatEachMemoryLacks) {
  const v1::Inspection vibration = inspect_one("vibration.tflite", board_type("tiny", 9'728, 4'096));
  EXPECT_FALSE(vibration.fits());
  EXPECT_EQ(vibration.placement(), "");
  EXPECT_EQ(vibration.reason(), "MODEL_TOO_LARGE_FOR_SLOT");
  EXPECT_EQ(vibration.missing_ram_bytes(), 24'576U - 9'728U);
  EXPECT_EQ(vibration.missing_slot_bytes(), 7'072U - 4'096U);
  EXPECT_THAT(vibration.message(), testing::HasSubstr("'m' does not fit on tiny"));
  EXPECT_EQ(vibration.ram().model_bytes(), 24'576U) << "what it would take";
  EXPECT_EQ(vibration.flash().model_bytes(), 7'072U);
}

TEST(Inspect, OneForEachTypeInOrder) {
  const auto inspections =
      inspect_model("d", source_file("models/digits.tflite"),
                    {board_type("b", 20'000, 0), board_type("a", 512, 0, "cortex-m4"), board_type("c", 20'000, 0)});
  ASSERT_TRUE(inspections.ok()) << inspections.status();
  ASSERT_EQ(inspections->size(), 3U);
  EXPECT_EQ((*inspections)[0].board_type().id(), "b");
  EXPECT_EQ((*inspections)[1].board_type().id(), "a");
  EXPECT_FALSE((*inspections)[1].fits());
  EXPECT_TRUE((*inspections)[2].fits());
  EXPECT_EQ((*inspections)[2].model_name(), "d");
}

TEST(Inspect, OfAModelThatNoBoardRunsItTellsWhatIsInTheWay) {
  const auto inspections = inspect_model("m", source_file("tests/vectors/bad/unknown_operator_sin.tflite"),
                                         {board_type("a", 1'000, 0), board_type("b", 1'000'000, 0)});
  ASSERT_TRUE(inspections.ok()) << inspections.status();
  ASSERT_EQ(inspections->size(), 2U);
  for (const v1::Inspection& inspection : *inspections) {
    EXPECT_FALSE(inspection.fits());
    EXPECT_EQ(inspection.reason(), "MODEL_UNKNOWN_OPERATOR");
    EXPECT_EQ(inspection.message(), "operator 2 is SIN, which the engine does not have");
    EXPECT_THAT(inspection.hint(), testing::HasSubstr("docs/packed_model.md"));
    EXPECT_EQ(inspection.model_sha256().size(), 64U);
    ASSERT_EQ(inspection.operators_size(), 3);
    EXPECT_EQ(inspection.operators(2).kind(), "SIN");
    EXPECT_EQ(inspection.operators(2).unsupported(), "operator 2 is SIN, which the engine does not have");
    EXPECT_EQ(inspection.operators(2).shape(), "1x8 -> 1x8");
    EXPECT_EQ(inspection.operators(0).kind(), "RELU");
    EXPECT_EQ(inspection.operators(0).unsupported(), "");
    EXPECT_EQ(inspection.operators(1).unsupported(), "");
    EXPECT_EQ(inspection.arena_bytes(), 0U);
  }
}

TEST(Inspect, ATypeThatTheEngineLacksIsInTheWayOfTheOperatorsThatTouchIt) {
  const auto inspections =
      inspect_model("m", source_file("tests/vectors/bad/string_tensor.tflite"), {board_type("b", 1'000, 0)});
  ASSERT_TRUE(inspections.ok()) << inspections.status();
  const v1::Inspection& inspection = inspections->front();
  EXPECT_EQ(inspection.reason(), "MODEL_UNSUPPORTED");
  ASSERT_GE(inspection.operators_size(), 1);
  EXPECT_THAT(inspection.operators(0).unsupported(),
              testing::AllOf(testing::StartsWith("operator 0 (" + inspection.operators(0).kind() + "): tensor"),
                             testing::HasSubstr("has type string")));
}

TEST(Inspect, AFileThatContradictsItselfIsAnError) {
  const auto damaged =
      inspect_model("m", source_file("tests/vectors/bad/empty_file.tflite"), {board_type("b", 1'000, 0)});
  EXPECT_EQ(reason_of(damaged.status()), "MODEL_NOT_FLATBUFFER");
  const auto other = inspect_model("m", source_file("models/digits.tflite"), {board_type("b", 1'000, 0, "cortex-m99")});
  EXPECT_EQ(reason_of(other.status()), "CORE_UNKNOWN");
}

TEST(ChooseTypes, ByNameOrAll) {
  const std::vector<v1::BoardType> catalog = {board_type("a", 1, 0), board_type("b", 1, 0)};
  const std::vector<std::string> none, both = {"b", "a"}, wrong = {"a", "x\x1b"};
  EXPECT_EQ(choose_types(catalog, none)->size(), 2U);
  EXPECT_EQ(choose_types(catalog, both)->front().id(), "b");
  const absl::Status refused = choose_types(catalog, wrong).status();
  EXPECT_EQ(reason_of(refused), "BOARD_TYPE_UNKNOWN");
  EXPECT_EQ(std::string(refused.message()), "there is no board type 'x?'");
  EXPECT_EQ(hint_of(refused), "The catalog has a, b.");
}

}  // namespace
}  // namespace tinyrig::inspect
