// UF2 as the specification has it, and as the RP2040's boot ROM needs it; what drives say of themselves.
#include "server/flash/uf2_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "server/flash/rsp_packet.h"
#include "server/flash/uf2_info.h"

namespace tinyrig::flash {
namespace {

using ::testing::Optional;

std::string hex_of(const std::string& bytes) {
  return to_hex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

std::vector<std::uint32_t> addresses_of(const std::string& file) {
  std::vector<std::uint32_t> addresses;
  for (std::size_t at = 0; at < file.size(); at += kUf2BlockBytes) {
    std::uint32_t address = 0;
    for (std::size_t i = 4; i-- > 0;) address = address << 8 | static_cast<std::uint8_t>(file[at + 12 + i]);
    addresses.push_back(address);
  }
  return addresses;
}

TEST(Uf2File, ABlockByteForByte) {
  const std::string block = uf2_file({{{0x10000002, {1, 2, 3}}}}, 0xE48BFF56);
  ASSERT_EQ(block.size(), 512U);
  EXPECT_EQ(hex_of(block.substr(0, 32)),
            "5546320a57515d9e0020000000000010000100000000000001000000"
            "56ff8be4");
  EXPECT_EQ(hex_of(block.substr(32, 6)), "ffff010203ff");
  EXPECT_EQ(block.substr(38, 250), std::string(250, '\xFF'));
  EXPECT_EQ(block.substr(288, 220), std::string(220, '\0'));
  EXPECT_EQ(hex_of(block.substr(508)), "306fb10a");
}

TEST(Uf2File, SectorsAreWholeButForTheEndOfTheLast) {
  // One page in the middle of a sector, another one two sectors on.
  const std::vector<std::uint32_t> addresses =
      addresses_of(uf2_file({{{0x10000300, {1}}, {0x10002100, {2}}}}, 0xE48BFF56));
  ASSERT_EQ(addresses.size(), 18U);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(addresses[i], 0x10000000 + 256 * i);
  EXPECT_EQ(addresses[16], 0x10002000U);
  EXPECT_EQ(addresses[17], 0x10002100U);
}

TEST(Uf2File, AnEmptyImageHasNoBlocks) { EXPECT_EQ(uf2_file({}, 1), ""); }

TEST(Uf2Info, TheBoardIdIsOnALineOfItsOwn) {
  EXPECT_THAT(uf2_board_id("UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"),
              Optional(std::string("RPI-RP2")));
  EXPECT_THAT(uf2_board_id("Board-ID:nRF52840-SeeedXiao-v1"), Optional(std::string("nRF52840-SeeedXiao-v1")));
  EXPECT_EQ(uf2_board_id("Model: Board-ID: RPI-RP2\n"), std::nullopt);
  EXPECT_EQ(uf2_board_id("Board-ID: \nboard-id: x\n"), std::nullopt);
  EXPECT_EQ(uf2_board_id(""), std::nullopt);
}

TEST(Uf2Info, WhatABoardSaysIsCleanedAndBounded) {
  EXPECT_THAT(uf2_board_id("Board-ID: a\x01\xFFz\n"), Optional(std::string("a??z")));
  EXPECT_THAT(uf2_board_id("Board-ID: " + std::string(100, 'x')), Optional(std::string(61, 'x') + "..."));
  EXPECT_EQ(uf2_board_id(std::string(kMostUf2InfoBytes, ' ') + "\nBoard-ID: late\n"), std::nullopt);
}

}  // namespace
}  // namespace tinyrig::flash
