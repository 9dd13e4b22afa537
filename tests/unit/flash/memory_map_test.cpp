// Memory maps as probes tell them, and what is erased and written by them.
#include "server/flash/memory_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

#include "server/base/error.h"

namespace tinyrig::flash {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string flash_of(const std::string& start, const std::string& length, const std::string& block) {
  return "<memory type=\"flash\" start=\"" + start + "\" length=\"" + length + "\"><property name=\"blocksize\">" +
         block + "</property></memory>";
}
std::string map_of(const std::string& memories) { return "<memory-map>" + memories + "</memory-map>"; }

TEST(MemoryMap, ReadsWhatProbesTell) {
  const auto regions = parse_memory_map(R"(<?xml version="1.0"?>
<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" "http://sourceware.org/gdb/gdb-memory-map.dtd">
<memory-map>
  <!-- no <memory> -->
  <memory type="ram" start="0x20000000" length="0x20000"/>
  <memory type='flash' start='134283264' length='65536'>
    <property name='blocksize'>
      0x10000
    </property>
    <property name="other">1</property>
  </memory>
  <memory start="0x08000000" length="0x10000" type="flash" ><property name="blocksize">0x4000</property></memory >
  <memory type="rom" start="0x1fff0000" length="0x7800"></memory>
</memory-map>
)");
  ASSERT_TRUE(regions.ok()) << regions.status();
  EXPECT_THAT(*regions,
              ElementsAre(FlashRegion{0x08000000, 0x10000, 0x4000}, FlashRegion{0x08010000, 0x10000, 0x10000}));
}

TEST(MemoryMap, MayHaveNoFlash) {
  EXPECT_THAT(*parse_memory_map("<memory-map/>"), IsEmpty());
  EXPECT_THAT(*parse_memory_map(map_of("<memory type='ram' start='oops'/>")), IsEmpty());
}

TEST(MemoryMap, MayReachTheEndOfMemory) {
  EXPECT_THAT(*parse_memory_map(map_of(flash_of("0xffff0000", "0x10000", "0x10000"))),
              ElementsAre(FlashRegion{0xFFFF0000, 0x10000, 0x10000}));
}

TEST(MemoryMap, SaysWhatIsWrongWithIt) {
  const std::string good = flash_of("0x1000", "0x1000", "0x100");
  std::string many;
  for (int i = 0; i < 300; ++i) many += flash_of(std::to_string(4096 * i), "4096", "4096");
  const std::pair<std::string, const char*> bad[] = {
      {"", "does not end"},
      {"no map at all", "does not end"},
      {"<memory-map>" + good, "does not end"},
      {"<memory-map><memory type='flash' start='0' length='4096'>", "does not end"},
      {map_of(good) + "<!-- ", "cut off"},
      {map_of("<memory type='flash"), "cut off"},
      {"<memory-map", "cut off"},
      {map_of("<>"), "no name"},
      {map_of("<memory type=flash>"), "no quotes"},
      {map_of("<memory><memory></memory></memory>"), "memory in memory"},
      {map_of("</memory>"), "without a start"},
      {map_of(flash_of("", "0x1000", "0x100")), "without a start"},
      {map_of(flash_of("0x1000", "1x", "0x100")), "without a start"},
      {map_of(flash_of("0x1000", "-1", "0x100")), "without a start"},
      {map_of("<memory type='flash' start='0' length='4096'/>"), "block size"},
      {map_of(flash_of("0x1000", "0x1000", "0")), "impossible size"},
      {map_of(flash_of("0x1000", "0x1000", "0x2000")), "impossible size"},
      {map_of(flash_of("0x1000", "0", "0x100")), "is empty"},
      {map_of(flash_of("0x100000000", "0x1000", "0x100")), "beyond 4 GiB"},
      {map_of(flash_of("0x1000", "0xffffffffffffffff", "0x100")), "beyond 4 GiB"},
      {map_of(flash_of("0x1000", "0x10000000000000000", "0x100")), "a number"},
      {map_of(good + flash_of("0x1fff", "0x1000", "0x100")), "overlap"},
      {map_of(many), "more parts"},
  };
  for (const auto& [xml, words] : bad) {
    const auto regions = parse_memory_map(xml);
    EXPECT_EQ(reason_of(regions.status()), "FLASHER_PROTOCOL") << xml;
    EXPECT_THAT(std::string(regions.status().message()), HasSubstr(words)) << xml;
  }
}

// Any image on any flash: every byte is written once, in the way its memory wants, and what is erased is whole blocks
// that hold a byte of the image, each once.
TEST(WritePlan, WritesAllAndErasesWhatItMust) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto up_to = [&](std::uint32_t most) { return std::uniform_int_distribution<std::uint32_t>(0, most)(random); };
  for (int round = 0; round < 500; ++round) {
    std::vector<FlashRegion> regions;
    for (std::uint64_t at = up_to(300); regions.size() < 4; at = regions.back().end() + up_to(1) * up_to(300)) {
      const std::uint64_t block = 1 + up_to(63);
      regions.push_back({at, block * (1 + up_to(5)) + up_to(static_cast<std::uint32_t>(block) - 1), block});
    }
    FirmwareImage image;
    for (std::uint32_t at = up_to(300); image.segments.size() < 3; at += up_to(200)) {
      image.segments.push_back({at, std::vector<std::uint8_t>(1 + up_to(300))});
      for (std::uint8_t& byte : image.segments.back().bytes) byte = static_cast<std::uint8_t>(random());
      at += static_cast<std::uint32_t>(image.segments.back().bytes.size());
    }
    std::shuffle(image.segments.begin(), image.segments.end(), random);

    std::map<std::uint64_t, std::uint8_t> wanted;
    std::set<std::pair<std::uint64_t, std::uint64_t>> blocks;  // start and end
    const auto region_of = [&](std::uint64_t address) -> const FlashRegion* {
      for (const FlashRegion& region : regions) {
        if (address >= region.start && address < region.end()) return &region;
      }
      return nullptr;
    };
    for (const Segment& segment : image.segments) {
      for (std::size_t i = 0; i < segment.bytes.size(); ++i) {
        const std::uint64_t address = segment.address + i;
        wanted[address] = segment.bytes[i];
        if (const FlashRegion* region = region_of(address); region != nullptr) {
          const std::uint64_t start = address - (address - region->start) % region->block_bytes;
          blocks.emplace(start, std::min(start + region->block_bytes, region->end()));
        }
      }
    }

    const WritePlan plan = plan_writes(image, regions);
    std::map<std::uint64_t, std::uint8_t> written;
    for (const WritePlan::Piece& piece : plan.pieces) {
      ASSERT_TRUE(written.empty() || written.rbegin()->first < piece.address);
      for (std::size_t i = 0; i < piece.bytes.size(); ++i) {
        ASSERT_EQ(piece.is_flash, region_of(piece.address + i) != nullptr);
        ASSERT_TRUE(written.emplace(piece.address + i, piece.bytes[i]).second);
      }
    }
    ASSERT_EQ(written, wanted);
    std::uint64_t last_end = 0;
    for (const WritePlan::Erase& erase : plan.erases) {
      ASSERT_GE(erase.start, last_end);
      last_end = erase.start + erase.length;
      for (std::uint64_t at = erase.start; at < last_end;) {
        const auto block = blocks.lower_bound({at, 0});
        ASSERT_TRUE(block != blocks.end() && block->first == at);
        at = block->second;
        blocks.erase(block);
        ASSERT_LE(at, last_end);
      }
    }
    ASSERT_THAT(blocks, IsEmpty());
  }
}

TEST(WritePlan, NeighboursAreErasedAtOnce) {
  const std::vector<FlashRegion> regions = {{0, 0x4000, 0x1000}, {0x4000, 0x8000, 0x4000}};
  const FirmwareImage image = {{{0x2FFF, std::vector<std::uint8_t>(0x1002)}, {0x0, {1}}, {0x1000, {2}}}};
  EXPECT_THAT(plan_writes(image, regions).erases,
              ElementsAre(WritePlan::Erase{0, 0x4000}, WritePlan::Erase{0x4000, 0x4000}));
}

}  // namespace
}  // namespace tinyrig::flash
