#include "server/boards/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "server/base/error.h"
#include "server/boards/builtin_catalog.h"

namespace tinyrig::boards {
namespace {

using ::testing::HasSubstr;

constexpr char kBoard[] = R"(id = "b"
display_name = "Board"
mcu = "M"
core = "cortex-m4"
clock_hz = 25_000_000
emulated = true
[timing]
source = "instruction_count"
instruction_ns = 128
[memory]
flash_bytes = 1024
ram_bytes = 512
model_ram_bytes = 256
[model_slot]
address = 0x100
bytes = 64
writer = "flasher"
[agent_image]
address = 0
bytes = 960
)";

class CatalogTest : public ::testing::Test {
 protected:
  CatalogTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(::testing::TempDir()) / (std::string("catalog-") + info->name());
    std::filesystem::create_directories(folder_);
  }
  ~CatalogTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::string message() const { return std::string(load_catalog(folder_).status().message()); }

  std::filesystem::path folder_;
};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

TEST_F(CatalogTest, ReadsABoardType) {
  write("b.toml", kBoard);
  const auto catalog = load_catalog(folder_);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  ASSERT_EQ(catalog->size(), 1U);
  const CatalogEntry& entry = catalog->front();
  EXPECT_EQ(entry.type.id(), "b");
  EXPECT_EQ(entry.core, packed::Core::kCortexM4);
  EXPECT_EQ(entry.instruction_ns, 128U);
  EXPECT_EQ(entry.type.tick_unit(), v1::TICK_UNIT_INSTRUCTIONS);
  EXPECT_EQ(entry.type.model_slot_bytes(), 64U);
  EXPECT_EQ(entry.slot->address, 0x100U);
  EXPECT_EQ(entry.slot->writer, SlotWriter::kFlasher);
  EXPECT_EQ(entry.max_baud, 115'200U);
  EXPECT_EQ(entry.type.agent_flash_bytes(), 960U);
}

TEST_F(CatalogTest, TicksAreCyclesOnlyWhereTheCoreCountsThem) {
  const std::string clocked = replaced(kBoard, "instruction_ns = 128", "");
  const auto unit_of = [&](const std::string& source) {
    return parse_board_type(replaced(clocked, "instruction_count", source), "b.toml")->type.tick_unit();
  };
  EXPECT_EQ(unit_of("cycle_counter"), v1::TICK_UNIT_CYCLES);
  EXPECT_EQ(unit_of("timer"), v1::TICK_UNIT_TIMER_TICKS);
  EXPECT_EQ(unit_of("host_clock"), v1::TICK_UNIT_NANOSECONDS);
}

TEST_F(CatalogTest, ErrorsNameFileLineAndWhatIsAllowed) {
  write("b.toml", replaced(kBoard, "cortex-m4", "cortex-m9"));
  EXPECT_THAT(message(), HasSubstr("b.toml:4: board type: 'core' must be one of cortex-m0, "));
  write("b.toml", replaced(kBoard, "instruction_ns = 128", ""));
  EXPECT_THAT(message(), HasSubstr("'instruction_ns' belongs to source instruction_count"));
  write("b.toml", replaced(kBoard, "ram_bytes = 512", "ram = 512"));
  EXPECT_THAT(message(), HasSubstr("[memory]: 'ram_bytes' is missing"));
  write("b.toml", replaced(kBoard, "mcu = \"M\"", "mcu = \"M\"\nspeed = 1"));
  EXPECT_THAT(message(), HasSubstr("b.toml:4: board type: unknown key 'speed'"));
}

TEST_F(CatalogTest, TwoFilesWithOneIdAreRefused) {
  write("b.toml", kBoard);
  write("c.toml", kBoard);
  EXPECT_THAT(message(), HasSubstr("'b' is described twice"));
}

TEST_F(CatalogTest, AnEmptyFolderIsNamed) {
  EXPECT_EQ(load_catalog(folder_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(), HasSubstr(folder_.string()));
}

TEST(Catalog, TheOneOfThisRepositoryIsValid) {
  const auto catalog = load_catalog(TINYRIG_CATALOG_DIR);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_GE(catalog->size(), 1U);
}

TEST(Catalog, BuiltInIsTheOneOfThisRepository) {
  const auto from_files = load_catalog(TINYRIG_CATALOG_DIR);
  const auto built_in = builtin_catalog();
  ASSERT_TRUE(built_in.ok()) << built_in.status();
  ASSERT_EQ(built_in->size(), from_files->size());
  for (std::size_t i = 0; i < built_in->size(); ++i) {
    EXPECT_EQ((*built_in)[i].type.SerializeAsString(), (*from_files)[i].type.SerializeAsString());
  }
}

}  // namespace
}  // namespace tinyrig::boards
