// Every port's agent as it would be flashed: it lies where the catalog says, starts by a vector table of its own, and
// leaves the memory that was promised. For boards that nobody has at hand, this is what can be shown.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "agent_firmware/ports/rp2040/boot2_crc.h"
#include "server/boards/catalog.h"
#include "server/flash/firmware.h"

namespace tinyrig {
namespace {

namespace fs = std::filesystem;

// Those whose description says `text`.
std::vector<std::string> ports(const std::string& text) {
  std::vector<std::string> result;
  for (const auto& entry : fs::directory_iterator(TINYRIG_PORTS_DIR)) {
    std::ifstream stream(entry.path() / "board.cmake");
    const std::string description{std::istreambuf_iterator<char>(stream), {}};
    if (stream.is_open() && description.find(text) != std::string::npos) result.push_back(entry.path().filename());
  }
  return result;
}

template <typename T>
T take(const std::vector<char>& file, std::size_t offset) {
  T value;
  EXPECT_LE(offset + sizeof value, file.size());
  if (offset + sizeof value > file.size()) return T{};
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

std::map<std::string, Elf32_Sym> symbols_of(const fs::path& elf) {
  std::ifstream stream(elf, std::ios::binary);
  const std::vector<char> file{std::istreambuf_iterator<char>(stream), {}};
  const auto header = take<Elf32_Ehdr>(file, 0);
  std::map<std::string, Elf32_Sym> result;
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const auto section = take<Elf32_Shdr>(file, header.e_shoff + i * sizeof(Elf32_Shdr));
    if (section.sh_type != SHT_SYMTAB) continue;
    const auto names = take<Elf32_Shdr>(file, header.e_shoff + section.sh_link * sizeof(Elf32_Shdr));
    for (std::size_t at = 0; at < section.sh_size; at += sizeof(Elf32_Sym)) {
      const auto symbol = take<Elf32_Sym>(file, section.sh_offset + at);
      result[file.data() + names.sh_offset + symbol.st_name] = symbol;
    }
  }
  return result;
}

class FirmwareImageTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto firmware = flash::load_firmware(TINYRIG_FIRMWARE_DIR, GetParam());
    ASSERT_TRUE(firmware.ok()) << firmware.status() << "; ./rig firmware builds it";
    firmware_ = *firmware;
    const auto entry = boards::load_board_type(fs::path(TINYRIG_CATALOG_DIR) / (GetParam() + ".toml"));
    ASSERT_TRUE(entry.ok()) << entry.status();
    entry_ = *entry;
    symbols_ = symbols_of(fs::path(TINYRIG_FIRMWARE_DIR) / GetParam() / "tinyrig-agent.elf");
    ASSERT_TRUE(symbols_.contains("__stack_high"));
  }

  std::uint32_t word(std::uint32_t address) const {
    for (const flash::Segment& segment : firmware_.image.segments) {
      if (address < segment.address || address - segment.address + 4 > segment.bytes.size()) continue;
      std::uint32_t value;
      std::memcpy(&value, segment.bytes.data() + (address - segment.address), sizeof value);
      return value;
    }
    ADD_FAILURE() << "nothing at " << std::hex << address;
    return 0;
  }
  std::uint32_t address_of(const std::string& symbol) const { return symbols_.at(symbol).st_value; }
  std::uint32_t start() const { return static_cast<std::uint32_t>(entry_.agent_address); }
  std::uint32_t end() const { return start() + static_cast<std::uint32_t>(entry_.type.agent_flash_bytes()); }

  flash::Firmware firmware_;
  boards::CatalogEntry entry_;
  std::map<std::string, Elf32_Sym> symbols_;
};

TEST_P(FirmwareImageTest, LiesWhereTheCatalogSays) {
  EXPECT_NE(entry_.status, boards::TypeStatus::kDescribedOnly);
  EXPECT_EQ(firmware_.board_type, GetParam());
  EXPECT_EQ(firmware_.image.segments.front().address, start());
  const flash::Segment& last = firmware_.image.segments.back();
  EXPECT_LE(last.address + last.bytes.size(), end());
  ASSERT_TRUE(entry_.slot.has_value());
  EXPECT_GE(entry_.slot->address, end()) << "flashing the agent must not touch the model slot";
}

// As much as the catalog promises is left when the samples have their place at its end.
TEST_P(FirmwareImageTest, LeavesTheModelRamThatIsPromised) {
  const std::uint32_t sample_bytes = 8 * (entry_.type.ram_bytes() < 32 * 1024 ? 64 : 1024);
  const std::uint32_t free = address_of("__model_ram_end") - address_of("__model_ram_start");
  EXPECT_LE(entry_.type.model_ram_bytes() + sample_bytes, free);
  EXPECT_LE(address_of("__model_ram_end") - address_of("__stack_low"), entry_.type.ram_bytes());
}

class CortexMImageTest : public FirmwareImageTest {};

TEST_P(CortexMImageTest, StartsByItsVectorTable) {
  const bool has_boot2 = entry_.type.mcu() == "RP2040";
  const std::uint32_t table = start() + (has_boot2 ? 256 : 0);
  EXPECT_EQ(word(table), address_of("__stack_high"));
  EXPECT_EQ(word(table + 4) & 1, 1U) << "Thumb";
  EXPECT_EQ(word(table + 4), address_of("reset_handler") | 1U);
  // The exceptions and interrupts, up to the serial line's: aligned to the next power of two, as VTOR wants it.
  std::uint32_t last = table + 4, handlers = 1;
  while (word(last + 4) != 0 && word(last) != (address_of("receive_interrupt") | 1U)) last += 4, ++handlers;
  EXPECT_EQ(word(last), address_of("receive_interrupt") | 1U);
  std::uint32_t alignment = 128;
  while (alignment < 4 * (handlers + 1)) alignment *= 2;
  EXPECT_EQ(table % alignment, 0U) << handlers << " handlers";
  for (std::uint32_t at = table + 4; at <= last; at += 4) {
    EXPECT_GE(word(at), start());
    EXPECT_LT(word(at), end());
  }
}

// The ROM runs the second stage of boot only with its CRC; that expects the vector table behind it.
class Rp2040ImageTest : public FirmwareImageTest {};

TEST_P(Rp2040ImageTest, HasItsSecondStageOfBoot) {
  const std::vector<std::uint8_t>& bytes = firmware_.image.segments.front().bytes;
  ASSERT_GE(bytes.size(), port::rp2040::kBoot2Bytes);
  EXPECT_EQ(port::rp2040::boot2_crc(std::span(bytes).first(port::rp2040::kBoot2CodeBytes)), word(start() + 252));
  EXPECT_NE(word(start()), 0U);
  EXPECT_EQ(address_of("rp2040_boot2"), start());
}

// While flash is away, a call into it hangs the board; and one through a veneer leads there. What the ROM offers is
// called by register.
TEST_P(Rp2040ImageTest, CodeInRamCallsNothingByItsAddress) {
  int functions = 0;
  for (const auto& [name, symbol] : symbols_) {
    const std::uint32_t first = symbol.st_value & ~1U, last = first + symbol.st_size;
    if (ELF32_ST_TYPE(symbol.st_info) != STT_FUNC || first < address_of("__data_start") ||
        first >= address_of("__data_end"))
      continue;
    ++functions;
    const auto half = [&](std::uint32_t address) {
      const std::uint32_t stored = address - address_of("__data_start") + address_of("__data_load");
      return word(stored & ~3U) >> ((stored & 2U) != 0 ? 16 : 0) & 0xFFFF;
    };
    ASSERT_GE(symbol.st_size, 4U) << name;
    for (std::uint32_t place = first; place + 2 < last; place += 2) {
      // BL, the one branch of ARMv6-M that reaches beyond a function.
      const bool calls = half(place) >> 11 == 0x1E && (half(place + 2) & 0xD000) == 0xD000;
      EXPECT_FALSE(calls) << name << ": BL at " << std::hex << place;
    }
  }
  EXPECT_GE(functions, 1) << "flash is erased and programmed from RAM";
}

std::string port_name(const ::testing::TestParamInfo<std::string>& port) {
  std::string name = port.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(EveryPort, FirmwareImageTest, ::testing::ValuesIn(ports("BOARD_CORE")), port_name);
INSTANTIATE_TEST_SUITE_P(EveryPort, CortexMImageTest, ::testing::ValuesIn(ports("cortex_m")), port_name);
INSTANTIATE_TEST_SUITE_P(EveryPort, Rp2040ImageTest, ::testing::ValuesIn(ports("rp2040")), port_name);

}  // namespace
}  // namespace tinyrig
