// Firmware folders: ELF and manifest belong together.
#include "server/flash/firmware.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/flash/rsp_packet.h"
#include "tests/support/elf_builder.h"

namespace tinyrig::flash {
namespace {

using ::testing::HasSubstr;

class FirmwareTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-firmware.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(folder_ / "some-board");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / "some-board" / name, std::ios::binary) << content;
  }
  void write_elf(const std::vector<test::ElfSegment>& segments) {
    const auto elf = test::build_elf(segments);
    write("tinyrig-agent.elf", std::string(elf.begin(), elf.end()));
  }
  static std::string manifest(const std::string& flat, const std::string& board = "some-board") {
    std::uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const std::uint8_t*>(flat.data()), flat.size(), hash);
    return R"({"board": ")" + board + R"(", "build_id": "0123456789abcdef", "size": 1, "sha256": ")" +
           to_hex(std::span<const std::uint8_t>(hash)) + "\"}";
  }

  std::filesystem::path folder_;
};

TEST_F(FirmwareTest, LoadsImageAndBuildId) {
  write_elf({{0x100, {'a', 'b'}}, {0x104, {'c'}}});
  write("tinyrig-agent.json", manifest(std::string("ab\0\0c", 5)));  // gaps are zero, as objcopy leaves them
  const auto firmware = load_firmware(folder_, "some-board");
  ASSERT_TRUE(firmware.ok()) << firmware.status();
  EXPECT_EQ(firmware->build_id, "0123456789abcdef");
  EXPECT_EQ(firmware->board_type, "some-board");
  EXPECT_EQ(firmware->image.segments.size(), 2U);
}

TEST_F(FirmwareTest, SaysHowToBuildWhatIsMissing) {
  const auto firmware = load_firmware(folder_, "other-board");
  ASSERT_FALSE(firmware.ok());
  EXPECT_EQ(reason_of(firmware.status()), "FIRMWARE_MISSING");
  EXPECT_THAT(hint_of(firmware.status()), HasSubstr("./rig firmware other-board"));
}

TEST_F(FirmwareTest, RefusesAnImageThatIsNotTheManifests) {
  write_elf({{0x100, {'a', 'b'}}});
  write("tinyrig-agent.json", manifest("ax"));
  const auto firmware = load_firmware(folder_, "some-board");
  ASSERT_FALSE(firmware.ok());
  EXPECT_EQ(reason_of(firmware.status()), "FIRMWARE_INVALID");
}

TEST_F(FirmwareTest, RefusesTheFirmwareOfAnotherBoard) {
  write_elf({{0x100, {'a', 'b'}}});
  write("tinyrig-agent.json", manifest("ab", "mps2-an386"));
  const auto firmware = load_firmware(folder_, "some-board");
  ASSERT_FALSE(firmware.ok());
  EXPECT_THAT(std::string(firmware.status().message()), HasSubstr("mps2-an386"));
}

TEST_F(FirmwareTest, RefusesDamagedFiles) {
  write_elf({{0x100, {'a', 'b'}}});
  for (const char* text : {"", "not json", "[1]", "{}"}) {
    write("tinyrig-agent.json", text);
    EXPECT_FALSE(load_firmware(folder_, "some-board").ok()) << text;
  }
  write("tinyrig-agent.json", manifest("ab"));
  write("tinyrig-agent.elf", "ELF?");
  const auto firmware = load_firmware(folder_, "some-board");
  ASSERT_FALSE(firmware.ok());
  EXPECT_THAT(std::string(firmware.status().message()), HasSubstr("tinyrig-agent.elf"));
}

}  // namespace
}  // namespace tinyrig::flash
