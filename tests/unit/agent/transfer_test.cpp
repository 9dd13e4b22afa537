// Transfers: order, limits, resumption, flash that fails.
#include <gtest/gtest.h>

#include "tests/support/link/packed_digits.h"
#include "tests/unit/agent/board_client.h"

namespace tinyrig::test {
namespace {

std::vector<std::uint8_t> counting(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 7 + 1);
  }
  return bytes;
}

TEST(Transfer, ReachesRamWhole) {
  BoardClient client;
  const auto bytes = counting(3333);
  const v1::AgentMessage answer = client.upload(kRam, bytes);
  EXPECT_TRUE(answer.transfer_status().complete());
  EXPECT_EQ(answer.transfer_status().received_bytes(), bytes.size());
  EXPECT_EQ(std::memcmp(client.board.ram().data(), bytes.data(), bytes.size()), 0);
}

TEST(Transfer, ReachesTheSlotInPiecesOfAnySize) {
  for (const std::size_t piece : {1, 15, 16, 17, 500}) {
    BoardClient client;
    const auto bytes = counting(333);
    const v1::AgentMessage answer = client.upload(kSlot, bytes, piece);
    EXPECT_TRUE(answer.transfer_status().complete()) << answer.DebugString();
    EXPECT_EQ(std::memcmp(client.board.slot().data(), bytes.data(), bytes.size()), 0) << "piece " << piece;
    EXPECT_EQ(client.board.slot()[333], std::byte{0xFF});
  }
}

TEST(Transfer, WrongOffsetFailsOnceAndTheRestIsIgnored) {
  BoardClient client;
  const auto bytes = counting(1000);
  client.begin(kRam, bytes);
  EXPECT_EQ(client.data(0, std::span(bytes).first(100)).body_case(), v1::AgentMessage::BODY_NOT_SET);
  const v1::AgentMessage refused = client.data(200, std::span(bytes).first(100));
  EXPECT_EQ(refused.status().code(), v1::ERROR_CODE_TRANSFER_OUT_OF_ORDER);
  EXPECT_EQ(refused.status().detail(), 100);
  EXPECT_EQ(client.data(300, std::span(bytes).first(100)).body_case(), v1::AgentMessage::BODY_NOT_SET);
  EXPECT_EQ(client.end().status().code(), v1::ERROR_CODE_TRANSFER_OUT_OF_ORDER);
}

TEST(Transfer, MoreThanAnnouncedIsRefused) {
  BoardClient client;
  const auto bytes = counting(100);
  client.begin(kRam, bytes);
  const auto longer = counting(101);
  EXPECT_EQ(client.data(0, longer).status().code(), v1::ERROR_CODE_BAD_REQUEST);
}

TEST(Transfer, EndBeforeTheEndIsRefusedAndTheTransferGoesOn) {
  BoardClient client;
  const auto bytes = counting(100);
  client.begin(kRam, bytes);
  client.data(0, std::span(bytes).first(60));
  EXPECT_EQ(client.end().status().code(), v1::ERROR_CODE_TRANSFER_OUT_OF_ORDER);
  client.data(60, std::span(bytes).subspan(60));
  EXPECT_TRUE(client.end().transfer_status().complete());
}

TEST(Transfer, OtherBytesThanTheCrcSaysAreCorrupt) {
  BoardClient client;
  const auto bytes = counting(100);
  client.begin(kRam, bytes);
  auto other = bytes;
  other[50] ^= 1;
  client.data(0, other);
  EXPECT_EQ(client.end().status().code(), v1::ERROR_CODE_TRANSFER_CORRUPT);
}

TEST(Transfer, TooLargeSaysByHowMuch) {
  BoardClient client({.ram_bytes = 4096, .slot_bytes = 2048});
  const auto bytes = counting(5000);
  const v1::AgentMessage ram = client.begin(kRam, bytes);
  EXPECT_EQ(ram.status().code(), v1::ERROR_CODE_MODEL_TOO_LARGE);
  EXPECT_EQ(ram.status().detail(), 5000 - static_cast<std::int64_t>(agent::Model::ram().size()));
  const v1::AgentMessage slot = client.begin(kSlot, bytes);
  EXPECT_EQ(slot.status().code(), v1::ERROR_CODE_MODEL_TOO_LARGE);
  EXPECT_EQ(slot.status().detail(), 5000 - 2048);
}

TEST(Transfer, SlotOfTheFlasherAloneIsNotWritten) {
  BoardClient client({.slot_writable = false});
  EXPECT_EQ(client.begin(kSlot, counting(100)).status().code(), v1::ERROR_CODE_UNSUPPORTED);
}

TEST(Transfer, FlashThatFailsSaysWhere) {
  BoardClient client({.flash_fails_at = 160});
  const auto bytes = counting(400);
  client.begin(kSlot, bytes);
  EXPECT_EQ(client.data(0, std::span(bytes).first(160)).body_case(), v1::AgentMessage::BODY_NOT_SET);
  const v1::AgentMessage failed = client.data(160, std::span(bytes).subspan(160));
  EXPECT_EQ(failed.status().code(), v1::ERROR_CODE_FLASH_FAILED);
  EXPECT_EQ(failed.status().detail(), 160);
}

TEST(Transfer, ResumesInTheSameBoot) {
  BoardClient client;
  const auto bytes = counting(1000);
  client.begin(kRam, bytes);
  client.data(0, std::span(bytes).first(400));
  client.board.hello();  // the host came back
  const v1::AgentMessage resumed = client.begin(kRam, bytes, true);
  EXPECT_EQ(resumed.transfer_status().received_bytes(), 400U);
  EXPECT_FALSE(resumed.transfer_status().complete());
  client.data(400, std::span(bytes).subspan(400));
  EXPECT_TRUE(client.end().transfer_status().complete());
  EXPECT_EQ(std::memcmp(client.board.ram().data(), bytes.data(), bytes.size()), 0);
}

// Bytes without a header, as a .tflite: known by having come, or by their CRC-32 after a reset.
TEST(Transfer, WhatHasNoHeaderOfItsOwnIsRecognizedInTheSlot) {
  BoardClient client;
  const auto bytes = counting(1000);
  ASSERT_TRUE(client.upload(kSlot, bytes).transfer_status().complete());
  client.reset();
  EXPECT_EQ(client.load(kSlot).status().code(), v1::ERROR_CODE_NO_MODEL) << "nothing says how long it is";
  const v1::AgentMessage resumed = client.begin(kSlot, bytes, /*resume=*/true);
  EXPECT_TRUE(resumed.transfer_status().complete()) << resumed.DebugString();
  EXPECT_EQ(client.load(kSlot).status().code(), v1::ERROR_CODE_BAD_MODEL) << "it was looked at, and is no model";
}

TEST(Transfer, OtherBytesWithoutAHeaderAreNotTakenForTheSame) {
  BoardClient client;
  auto bytes = counting(1000);
  ASSERT_TRUE(client.upload(kSlot, bytes).transfer_status().complete());
  bytes.back() ^= 1;
  EXPECT_EQ(client.begin(kSlot, bytes, /*resume=*/true).transfer_status().received_bytes(), 0U);
}

TEST(Transfer, WithoutResumeBeginsAnew) {
  BoardClient client;
  const auto bytes = counting(1000);
  client.begin(kRam, bytes);
  client.data(0, std::span(bytes).first(400));
  EXPECT_EQ(client.begin(kRam, bytes).transfer_status().received_bytes(), 0U);
}

TEST(Transfer, AnotherImageIsNotResumed) {
  BoardClient client;
  auto bytes = counting(1000);
  client.begin(kRam, bytes);
  client.data(0, std::span(bytes).first(400));
  bytes[999] ^= 1;
  EXPECT_EQ(client.begin(kRam, bytes, true).transfer_status().received_bytes(), 0U);
}

TEST(Transfer, ModelInRamIsGoneOnceAnotherComes) {
  BoardClient client;
  const auto image = packed_digits();
  client.upload(kRam, image);
  ASSERT_TRUE(client.load(kRam).has_model_info());
  client.begin(kRam, counting(100));
  EXPECT_EQ(client.load(kRam).status().code(), v1::ERROR_CODE_NO_MODEL);
  EXPECT_EQ(client.set_seed(1).status().code(), v1::ERROR_CODE_NO_MODEL);
}

TEST(Transfer, InputOfAnotherModelIsNotUsed) {
  BoardClient client;
  const auto image = packed_digits();
  client.upload(kRam, image);
  const v1::AgentMessage info = client.load(kRam);
  const auto input = counting(info.model_info().input_bytes());
  ASSERT_TRUE(client.upload(v1::DESTINATION_INPUT, input).transfer_status().complete());
  ASSERT_TRUE(client.load(kRam).has_model_info());
  v1::HostMessage message;
  message.mutable_set_input()->set_transferred(true);
  EXPECT_EQ(client.ask_one(message).status().code(), v1::ERROR_CODE_BAD_REQUEST);
}

TEST(Transfer, InputOfAnotherSizeIsRefused) {
  BoardClient client;
  client.upload(kRam, packed_digits());
  const v1::AgentMessage info = client.load(kRam);
  const v1::AgentMessage refused = client.begin(v1::DESTINATION_INPUT, counting(info.model_info().input_bytes() + 1));
  EXPECT_EQ(refused.status().code(), v1::ERROR_CODE_BAD_REQUEST);
  EXPECT_EQ(refused.status().detail(), info.model_info().input_bytes());
}

}  // namespace
}  // namespace tinyrig::test
