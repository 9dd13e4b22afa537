#include "server/bench/runtime_model.h"

#include <gtest/gtest.h>

namespace tinyrig::bench {
namespace {

RuntimeModel model_of_ten_bytes(bool as_tflite) {
  model::PackedModel packed;
  packed.image.resize(32);
  packed.arena_bytes = 100;
  RuntimeModel model{.runtime = {}, .packed = std::make_shared<const model::PackedModel>(packed), .tflite = nullptr};
  if (as_tflite) model.tflite = std::make_shared<const std::string>(10, 'x');
  return model;
}

TEST(RuntimeModel, SendsThePackedImageOrTheFile) {
  EXPECT_EQ(model_of_ten_bytes(false).bytes().size(), 32U);
  EXPECT_EQ(model_of_ten_bytes(false).arena_bytes(), 100U);
  EXPECT_EQ(model_of_ten_bytes(true).bytes().size(), 10U);
  EXPECT_EQ(model_of_ten_bytes(true).bytes()[9], 'x');
  EXPECT_EQ(model_of_ten_bytes(true).arena_bytes(), std::nullopt);
}

TEST(RuntimeModel, AFileGoesToTheSlotThroughTheAgentAlone) {
  EXPECT_EQ(memory_for(model_of_ten_bytes(true), 7, 9, /*agent_writes_slot=*/false).model_slot_bytes, 0U);
  EXPECT_EQ(memory_for(model_of_ten_bytes(true), 7, 9, /*agent_writes_slot=*/true).model_slot_bytes, 9U);
  EXPECT_EQ(memory_for(model_of_ten_bytes(false), 7, 9, /*agent_writes_slot=*/false).model_slot_bytes, 9U);
  EXPECT_EQ(memory_for(model_of_ten_bytes(false), 7, 9, /*agent_writes_slot=*/false).model_ram_bytes, 7U);
}

}  // namespace
}  // namespace tinyrig::bench
