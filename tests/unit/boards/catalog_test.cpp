#include "server/boards/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "server/base/error.h"
#include "server/boards/builtin_catalog.h"
#include "server/boards/type_of.h"

namespace tinyrig::boards {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kBoard[] = R"(id = "b"
display_name = "Board"
mcu = "M"
core = "cortex-m4"
clock_hz = 25_000_000
emulated = true
status = "verified in emulation"
[timing]
source = "instruction_count"
instruction_ns = 128
[memory]
flash_bytes = 1024
flash_erase_cycles = 10_000
ram_bytes = 512
model_ram_bytes = 256
[power]
supply_mv = 3300
run_ua = 12_500
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
  EXPECT_EQ(entry.type.flash_erase_cycles(), 10'000U);
  EXPECT_EQ(entry.type.nominal_power().supply_mv(), 3'300U);
  EXPECT_EQ(entry.type.nominal_power().run_ua(), 12'500U);
  EXPECT_EQ(entry.type.nominal_power().sleep_ua(), 0U) << "not stated";
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

TEST_F(CatalogTest, ABoardWithAClockHasItChecked) {
  const auto checks = [](const std::string& timing) {
    const std::string text = replaced(kBoard, "source = \"instruction_count\"\ninstruction_ns = 128", timing);
    const auto entry = parse_board_type(text, "b.toml");
    EXPECT_TRUE(entry.ok()) << entry.status();
    return entry.ok() && entry->checks_clock;
  };
  EXPECT_TRUE(checks("source = \"cycle_counter\""));
  EXPECT_TRUE(checks("source = \"timer\""));
  EXPECT_FALSE(checks("source = \"instruction_count\"\ninstruction_ns = 128"));
  EXPECT_FALSE(checks("source = \"timer\"\nchecks_clock = false"));
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

TEST_F(CatalogTest, SaysHowFarTheAgentIsProven) {
  const auto with = [](const std::string& status, const std::string& emulated) {
    return parse_board_type(replaced(replaced(kBoard, "verified in emulation", status), "emulated = true", emulated),
                            "b.toml");
  };
  const auto compiles = with("compiles", "usb = ['0483:374b']");
  ASSERT_TRUE(compiles.ok()) << compiles.status();
  EXPECT_EQ(compiles->status, TypeStatus::kCompiles);
  EXPECT_THAT(compiles->type.labels(), ElementsAre("compiles")) << "shown with every board of the type";
  EXPECT_THAT(compiles->usb_ids, ElementsAre("0483:374b"));
  EXPECT_THAT(with("verified in emulation", "emulated = true")->type.labels(), IsEmpty());
  EXPECT_THAT(std::string(with("verified in emulation", "").status().message()), HasSubstr("is not 'emulated'"));
  const std::string on_silicon =
      replaced(replaced(kBoard, "verified in emulation", "verified on silicon"),
               "source = \"instruction_count\"\ninstruction_ns = 128", "source = \"cycle_counter\"");
  const auto silicon = parse_board_type(replaced(on_silicon, "emulated = true", ""), "b.toml");
  ASSERT_TRUE(silicon.ok()) << silicon.status();
  EXPECT_EQ(status_name(silicon->status), "verified on silicon");
  EXPECT_THAT(silicon->type.labels(), IsEmpty());
  EXPECT_THAT(std::string(parse_board_type(on_silicon, "b.toml").status().message()),
              HasSubstr("'status' says verified on silicon, but the type is 'emulated'"));
  EXPECT_THAT(
      std::string(with("works", "").status().message()),
      HasSubstr("'status' must be one of compiles, described only, verified in emulation, verified on silicon"));
  EXPECT_THAT(std::string(with("compiles", "usb = ['0483:374B']").status().message()), HasSubstr("'usb' has"));
  EXPECT_THAT(std::string(with("compiles", "usb = ['0483-374b']").status().message()), HasSubstr("'usb' has"));
  const std::string without_image = std::string(kBoard).substr(0, std::string(kBoard).find("[agent_image]"));
  EXPECT_THAT(std::string(parse_board_type(without_image, "b.toml").status().message()),
              HasSubstr("[agent_image] is missing"));
}

TEST_F(CatalogTest, ProvenIsWhatWasSeenToRun) {
  EXPECT_TRUE(is_proven(TypeStatus::kVerifiedOnSilicon));
  EXPECT_TRUE(is_proven(TypeStatus::kVerifiedInEmulation));
  EXPECT_FALSE(is_proven(TypeStatus::kCompiles));
  EXPECT_FALSE(is_proven(TypeStatus::kDescribedOnly));
}

// What only an agent's port decides is not asked for, and not taken.
TEST_F(CatalogTest, ADescribedTypeHasNoAgent) {
  std::string text = replaced(kBoard, "verified in emulation", "described only");
  EXPECT_THAT(std::string(parse_board_type(text, "b.toml").status().message()),
              HasSubstr("[memory]: unknown key 'model_ram_bytes'"));
  text = replaced(text, "model_ram_bytes = 256", "");
  text = text.substr(0, text.find("[agent_image]"));
  const auto described = parse_board_type(text, "b.toml");
  ASSERT_TRUE(described.ok()) << described.status();
  const CatalogEntry usable = *parse_board_type(replaced(kBoard, "\"b\"", "\"c\""), "c.toml");
  const std::vector<v1::BoardType> types = types_with_agent({*described, usable});
  ASSERT_EQ(types.size(), 1U);
  EXPECT_EQ(types[0].model_ram_bytes(), 256U);
}

TEST_F(CatalogTest, ABoardOfADescribedTypeIsRefusedWithWhatToDo) {
  FarmBoard board;
  board.id = "mine";
  board.type = "b";
  CatalogEntry entry;
  entry.type.set_id("b");
  EXPECT_EQ((*type_of(board, {entry}))->type.id(), "b");
  entry.status = TypeStatus::kDescribedOnly;
  const absl::Status described = type_of(board, {entry}).status();
  EXPECT_EQ(reason_of(described), "BOARD_TYPE_WITHOUT_AGENT");
  EXPECT_THAT(std::string(described.message()), HasSubstr("board 'mine' is a b, which the catalog only describes"));
  EXPECT_THAT(hint_of(described), HasSubstr("docs/porting.md"));
  board.type = "x";
  const absl::Status unknown = type_of(board, {entry}).status();
  EXPECT_EQ(reason_of(unknown), "FARM_FILE_INVALID");
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("board 'mine' has the unknown type 'x'"));
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
  std::ifstream page(TINYRIG_FARM_PAGE);
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  int silicon = 0;
  for (const CatalogEntry& entry : *catalog) {
    if (!entry.type.emulated()) ++silicon;
    EXPECT_EQ(entry.type.emulated(), entry.status == TypeStatus::kVerifiedInEmulation) << entry.type.id();
    EXPECT_EQ(entry.type.model_ram_bytes() != 0, entry.status != TypeStatus::kDescribedOnly) << entry.type.id();
    EXPECT_LT(entry.type.model_ram_bytes(), entry.type.ram_bytes()) << entry.type.id();
    EXPECT_EQ(entry.usb_ids.empty(), entry.type.emulated()) << entry.type.id();
    EXPECT_EQ(entry.flasher.kind.empty(), entry.type.id() == "host") << entry.type.id();
    EXPECT_THAT(text, HasSubstr("| `" + entry.type.id() + "` | " + entry.type.display_name() + " | " +
                                status_name(entry.status) + " |"))
        << "docs/farm.md lists them all";
  }
  EXPECT_GE(silicon, 15);
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
