// Images as files: what a reader of each format gets back is what was given, whatever the segments.
#include "server/flash/image_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <span>
#include <sstream>

#include "server/base/error.h"
#include "server/flash/elf.h"
#include "server/flash/rsp_packet.h"

namespace tinyrig::flash {
namespace {

using Memory = std::map<std::uint32_t, std::uint8_t>;

Memory memory_of(const FirmwareImage& image) {
  Memory memory;
  for (const Segment& segment : image.segments) {
    for (std::size_t i = 0; i < segment.bytes.size(); ++i) {
      memory[segment.address + static_cast<std::uint32_t>(i)] = segment.bytes[i];
    }
  }
  return memory;
}

FirmwareImage random_image(std::mt19937& random) {
  FirmwareImage image;
  auto address = static_cast<std::uint32_t>(random() % 2 == 0 ? 0x08000000 : random() % 0x20000);
  for (std::size_t count = 1 + random() % 4; count > 0; --count) {
    address += random() % 3 == 0 ? 0U : static_cast<std::uint32_t>(random() % 70'000);
    Segment segment{address, std::vector<std::uint8_t>(1 + random() % 3000)};
    for (std::uint8_t& byte : segment.bytes) byte = static_cast<std::uint8_t>(random());
    address += static_cast<std::uint32_t>(segment.bytes.size());
    image.segments.push_back(std::move(segment));
  }
  return image;
}

// Of the Intel HEX specification, and nothing more.
Memory read_hex(const std::string& file) {
  Memory memory;
  std::istringstream lines(file);
  std::string line;
  std::uint32_t upper = 0;
  bool ended = false;
  while (std::getline(lines, line)) {
    EXPECT_FALSE(ended);
    EXPECT_EQ(line[0], ':');
    const auto record = from_hex(std::string_view(line).substr(1));
    EXPECT_TRUE(record.has_value() && record->size() >= 5 && record->size() == 5U + record->front()) << line;
    std::uint8_t sum = 0;
    for (const std::uint8_t byte : *record) sum = static_cast<std::uint8_t>(sum + byte);
    EXPECT_EQ(sum, 0) << line;
    const std::uint32_t low = static_cast<std::uint32_t>((*record)[1] << 8 | (*record)[2]);
    const std::uint8_t type = (*record)[3];
    if (type == 4) upper = static_cast<std::uint32_t>((*record)[4] << 8 | (*record)[5]);
    if (type == 1) ended = true;
    for (std::uint32_t i = 0; type == 0 && i < record->front(); ++i) {
      EXPECT_LE(low + i, 0xFFFFU) << line;
      memory[(upper << 16) + low + i] = (*record)[4 + i];
    }
  }
  EXPECT_TRUE(ended);
  return memory;
}

std::uint32_t word(const std::string& file, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(file[at + i]);
  return value;
}

class ImageFileProperty : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  ImageFileProperty() : random_(GetParam()), image_(random_image(random_)), memory_(memory_of(image_)) {}

  std::string file(ImageFormat format, const ImageFileOptions& options = {}) {
    const auto written = image_file(image_, format, options);
    EXPECT_TRUE(written.ok()) << written.status();
    return written.value_or("");
  }

  std::mt19937 random_;
  FirmwareImage image_;
  Memory memory_;
};

TEST_P(ImageFileProperty, Elf) {
  const std::string elf = file(ImageFormat::kElf, {.elf_machine = 243});
  const auto read = read_elf(std::span(reinterpret_cast<const std::uint8_t*>(elf.data()), elf.size()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(memory_of(*read), memory_);
  EXPECT_EQ(static_cast<std::uint8_t>(elf[18]), 243);
}

TEST_P(ImageFileProperty, Hex) { EXPECT_EQ(read_hex(file(ImageFormat::kHex)), memory_); }

TEST_P(ImageFileProperty, Bin) {
  const std::string bin = file(ImageFormat::kBin);
  const std::uint32_t start = memory_.begin()->first;
  ASSERT_EQ(bin.size(), memory_.rbegin()->first - start + 1);
  for (std::size_t i = 0; i < bin.size(); ++i) {
    const auto found = memory_.find(start + static_cast<std::uint32_t>(i));
    ASSERT_EQ(static_cast<std::uint8_t>(bin[i]), found == memory_.end() ? 0xFF : found->second) << i;
  }
}

TEST_P(ImageFileProperty, Uf2) {
  const std::string uf2 = file(ImageFormat::kUf2, {.uf2_family = 0xE48BFF56});
  ASSERT_EQ(uf2.size() % 512, 0U);
  Memory read;
  for (std::size_t at = 0; at < uf2.size(); at += 512) {
    EXPECT_EQ(word(uf2, at), 0x0A324655U);
    EXPECT_EQ(word(uf2, at + 4), 0x9E5D5157U);
    EXPECT_EQ(word(uf2, at + 8), 0x2000U);
    EXPECT_EQ(word(uf2, at + 12) % 256, 0U);
    EXPECT_EQ(word(uf2, at + 16), 256U);
    EXPECT_EQ(word(uf2, at + 20), at / 512);
    EXPECT_EQ(word(uf2, at + 24), uf2.size() / 512);
    EXPECT_EQ(word(uf2, at + 28), 0xE48BFF56U);
    EXPECT_EQ(word(uf2, at + 508), 0x0AB16F30U);
    // The boot ROM of the RP2040 erases a sector of 4 KiB with every 16th block.
    EXPECT_EQ(word(uf2, at + 20) % 16, word(uf2, at + 12) / 256 % 16);
    for (std::uint32_t i = 0; i < 256; ++i) {
      const auto [it, fresh] = read.emplace(word(uf2, at + 12) + i, static_cast<std::uint8_t>(uf2[at + 32 + i]));
      EXPECT_TRUE(fresh) << "written twice: " << it->first;
    }
  }
  for (const auto& [address, byte] : memory_) ASSERT_EQ(read.at(address), byte) << address;
  for (const auto& [address, byte] : read) {
    EXPECT_TRUE(byte == 0xFF || memory_.contains(address)) << address;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ImageFileProperty, ::testing::Range(0U, 40U));

TEST(ImageFile, HexAsTheSpecificationHasIt) {
  const FirmwareImage image{{{0x0800FFFE, {0x01, 0x02, 0x03}}}};
  const auto hex = image_file(image, ImageFormat::kHex, {});
  ASSERT_TRUE(hex.ok());
  EXPECT_EQ(*hex, ":020000040800F2\n:02FFFE000102FE\n:020000040801F1\n:0100000003FC\n:00000001FF\n");
}

TEST(ImageFile, AFamilyThatIsNotStatedIsNotClaimed) {
  const auto uf2 = image_file({{{0x10000000, {1}}}}, ImageFormat::kUf2, {});
  ASSERT_TRUE(uf2.ok());
  EXPECT_EQ(word(*uf2, 8), 0U);
}

TEST(ImageFile, RefusesWhatCannotBeAFile) {
  EXPECT_EQ(reason_of(image_file({}, ImageFormat::kHex, {}).status()), "FLASH_IMAGE_EMPTY");
  const FirmwareImage far{{{0x08000000, {1}}, {0x20000000, {2}}}};
  EXPECT_EQ(reason_of(image_file(far, ImageFormat::kBin, {}).status()), "FLASH_USAGE");
  EXPECT_TRUE(image_file(far, ImageFormat::kHex, {}).ok());
}

TEST(ImageFile, FormatsHaveNames) {
  for (const char* name : {"elf", "bin", "hex", "uf2"}) {
    const auto format = image_format_named(name);
    ASSERT_TRUE(format.has_value());
    EXPECT_EQ(name_of(*format), name);
  }
  EXPECT_FALSE(image_format_named("srec").has_value());
}

}  // namespace
}  // namespace tinyrig::flash
