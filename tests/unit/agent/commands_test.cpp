// The agent's answers to what is wrong, hostile or unusual; the sound ones are in tests/integration/link.
#include <gtest/gtest.h>

#include "tests/support/link/packed_digits.h"
#include "tests/unit/agent/board_client.h"
#include "wire/golden_input.h"

namespace tinyrig::test {
namespace {

TEST(Commands, RubbishIsABadRequest) {
  BoardClient client;
  const std::vector<std::uint8_t> rubbish = {0xFF, 0xFF, 0xFF, 1, 2, 3};
  const auto answers = client.board.ask(rubbish);
  ASSERT_EQ(answers.size(), 1U);
  v1::AgentMessage answer;
  ASSERT_TRUE(answer.ParseFromArray(answers[0].data(), static_cast<int>(answers[0].size())));
  EXPECT_EQ(answer.status().code(), v1::ERROR_CODE_BAD_REQUEST);
}

TEST(Commands, RequestOfALaterVersionIsUnsupported) {
  BoardClient client;
  v1::HostMessage empty;
  empty.set_id(9);
  EXPECT_EQ(client.ask_one(empty).status().code(), v1::ERROR_CODE_UNSUPPORTED);
}

TEST(Commands, TransferDataWhoseLengthLiesIsABadRequest) {
  BoardClient client;
  client.begin(kRam, std::vector<std::uint8_t>(100, 1));
  // id 5, transfer_data of 4 bytes: data claims 200.
  const std::vector<std::uint8_t> lie = {0x08, 5, 0x2A, 4, 0x12, 0xC8, 0x01, 1};
  const auto answers = client.board.ask(lie);
  ASSERT_EQ(answers.size(), 1U);
  v1::AgentMessage answer;
  ASSERT_TRUE(answer.ParseFromArray(answers[0].data(), static_cast<int>(answers[0].size())));
  EXPECT_EQ(answer.id(), 5U);
  EXPECT_EQ(answer.status().code(), v1::ERROR_CODE_BAD_REQUEST);
}

TEST(Commands, NothingIsMeasuredWithoutAModelOrInput) {
  BoardClient client;
  v1::HostMessage message;
  message.mutable_measure_latency()->set_iterations(1);
  EXPECT_EQ(client.ask_one(message).status().code(), v1::ERROR_CODE_NO_MODEL);
  client.upload(kRam, packed_digits());
  client.load(kRam);
  EXPECT_EQ(client.ask_one(message).status().code(), v1::ERROR_CODE_BAD_REQUEST);
}

TEST(Commands, ImageOfTheSlotRunsInPlaceWithAllRamAsArena) {
  BoardClient client;
  const auto image = packed_digits();
  ASSERT_TRUE(client.upload(kSlot, image).transfer_status().complete());
  const v1::AgentMessage loaded = client.load(kSlot);
  ASSERT_TRUE(loaded.has_model_info()) << loaded.DebugString();
  EXPECT_EQ(loaded.model_info().image_bytes(), image.size());
  client.set_seed(1);
  v1::HostMessage infer;
  infer.mutable_infer()->set_hash_operators(true);
  const v1::AgentMessage done = client.ask_one(infer);
  EXPECT_EQ(done.infer_done().operator_fnv1a32_size(), static_cast<int>(loaded.model_info().operator_count()));
  EXPECT_EQ(done.infer_done().output_fnv1a32(), 0x2e252516U);  // models/digits.json, seed 1
}

TEST(Commands, ArenaThatDoesNotFitSaysByHowManyBytes) {
  const auto image = packed_digits();
  BoardClient roomy;
  roomy.upload(kSlot, image);
  const std::uint32_t needed = roomy.load(kSlot).model_info().arena_bytes();
  ASSERT_GT(needed, 1024U);
  roomy.board.settings.ram_bytes = 1024;
  const v1::AgentMessage refused = roomy.load(kSlot);
  EXPECT_EQ(refused.status().code(), v1::ERROR_CODE_ARENA_TOO_SMALL);
  EXPECT_EQ(refused.status().detail(), static_cast<std::int64_t>(needed - agent::Model::ram().size()));
}

TEST(Commands, CalibrationCountsTheLoopAndOneRead) {
  BoardClient client({.ticks_per_read = 3});
  v1::HostMessage message;
  message.mutable_calibrate()->set_loops(1000);
  const v1::AgentMessage report = client.ask_one(message);
  EXPECT_EQ(report.calibration_report().ticks(), 2000U + 3);
  EXPECT_EQ(report.calibration_report().instructions_per_loop(), 2U);
  EXPECT_EQ(client.board.bytes_while_measuring(), 0U);
}

TEST(Commands, ResetIsTaken) {
  BoardClient client;
  v1::HostMessage message;
  message.mutable_reset();
  client.ask(message);
  EXPECT_EQ(client.board.resets(), 1U);
  client.board.hello();
  v1::HostMessage ping;
  ping.mutable_ping()->set_data("x");
  EXPECT_EQ(client.ask_one(ping).pong().data(), "x");
}

TEST(Commands, SpeedThatThePortLacksIsUnsupported) {
  BoardClient client;
  v1::HostMessage message;
  message.mutable_set_baud()->set_baud(5'000'000);
  EXPECT_EQ(client.ask_one(message).status().code(), v1::ERROR_CODE_UNSUPPORTED);
}

}  // namespace
}  // namespace tinyrig::test
