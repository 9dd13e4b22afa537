// A board's flasher, from catalog and farm file together.
#include "server/boards/make_flasher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "server/base/error.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::boards {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A flasher table as both files have it; the status is that of reading it.
struct Read {
  FlasherSetup setup;
  std::string message;
};
template <typename Reading>
Read read(const std::string& text, Reading reading) {
  const auto table = parse_toml(text, "f.toml", "BAD");
  EXPECT_TRUE(table.ok()) << table.status();
  TomlReader reader(*table, "f.toml", "flasher", "BAD");
  Read result{reading(reader, *table), ""};
  result.message = std::string(reader.finish().message());
  return result;
}
Read of_type(const std::string& text) { return read(text, read_type_flasher); }
Read of_board(const std::string& text) { return read(text, read_board_flasher); }

constexpr char kRecipe[] = R"(
kind = "command"
probe = ["st-info", "--probe"]
probe_expect = "Found 1"
write = ["st-flash", "--serial", "{serial}", "write", "{image}", "{address}"]
write_expect = "jolly good"
read = ["st-flash", "read", "{read_back}", "{address}", "{size}"]
image_format = "bin"
deadline_s = 90
errors = { no_target = ["no answer", "dead"], locked = ["RDP"] }
)";

FarmBoard board_with(const FlasherSetup& setup) {
  FarmBoard board;
  board.id = "a";
  board.port = "/dev/ttyACM3";
  board.flasher = setup;
  return board;
}

CatalogEntry type_with(const FlasherSetup& setup) {
  CatalogEntry type;
  type.type.set_id("nucleo");
  type.flasher = setup;
  return type;
}

TEST(FlasherSetup, ReadsWhatGdbRemoteNeeds) {
  const Read read = of_type("kind = 'gdb-remote'\nreset_command = 'reset run'\ndeadline_s = 90");
  EXPECT_EQ(read.message, "");
  EXPECT_EQ(read.setup.reset_command, "reset run");
  EXPECT_EQ(read.setup.deadline, std::chrono::seconds(90));
  EXPECT_THAT(of_type("kind = 'gdb-remote'\ndeadline_s = 0").message, HasSubstr("'deadline_s' must be from 1 to 3600"));
}

TEST(FlasherSetup, ReadsARecipe) {
  const Read read = of_type(kRecipe);
  ASSERT_EQ(read.message, "");
  const flash::Recipe& recipe = *read.setup.recipe;
  EXPECT_THAT(recipe.probe.argv, ElementsAre("st-info", "--probe"));
  EXPECT_EQ(recipe.probe.expect, "Found 1");
  EXPECT_EQ(recipe.write.expect, "jolly good");
  EXPECT_EQ(recipe.read.argv.size(), 5U);
  EXPECT_EQ(recipe.format, flash::ImageFormat::kBin);
  EXPECT_EQ(recipe.deadline, std::chrono::seconds(90));
  ASSERT_EQ(recipe.errors.size(), 3U);
  EXPECT_EQ(recipe.errors[1].text, "dead");
  EXPECT_EQ(recipe.errors[1].failure, flash::FlashFailure::kNoTarget);
  EXPECT_EQ(recipe.errors[2].failure, flash::FlashFailure::kLocked);
}

TEST(FlasherSetup, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> types[] = {
      {"kind = 'smoke'", "'kind' must be one of gdb-remote, command, stm32-uart, uf2"},
      {"kind = 'gdb-remote'\nendpoint = 'unix:x'", "unknown key 'endpoint'"},
      {"kind = 'command'", "'write' is missing"},
      {"kind = 'command'\nwrite = ['x', '{imge}']", "'write' has the placeholder {imge}; it may have {address}"},
      {"kind = 'command'\nwrite = ['x', '{image}']\nimage_format = 'srec'", "'image_format' must be one of elf"},
      {"kind = 'command'\nwrite = ['x', '{image}']\ndeadline_s = 0", "'deadline_s' must be from 1 to 3600"},
      {"kind = 'command'\nwrite = ['x', '{image}']\nuf2_family = 0x100000000", "'uf2_family'"},
      {"kind = 'command'\nwrite = ['x', '{image}']\nerrors = { burnt = ['x'] }",
       "flasher, errors: unknown key 'burnt'"},
      {"kind = 'command'\nwrite = ['x', '{image}']\nerrors = { io = [''] }", "must not be empty"},
      {"kind = 'command'\nwrite = ['x', '{image}']\nserial = '1'", "unknown key 'serial'"},
  };
  for (const auto& [text, message] : types) EXPECT_THAT(of_type(text).message, HasSubstr(message));
  const std::pair<const char*, const char*> boards[] = {
      {"kind = 'gdb-remote'", "'endpoint' is missing"},
      {"kind = 'gdb-remote'\nendpoint = '/run/x'", "'endpoint' must be"},
      {"kind = 'command'\nverify = ['x']", "unknown key 'verify'"},
  };
  for (const auto& [text, message] : boards) EXPECT_THAT(of_board(text).message, HasSubstr(message));
}

TEST(FlasherSetup, ReadsAnStm32) {
  const Read type = of_type(
      "kind = 'stm32-uart'\nbaud = 57600\nchip_id = 0x413\nsectors = '4*16K,1*64K'\nenter = ['dtr=1', 'wait=50']");
  ASSERT_EQ(type.message, "");
  EXPECT_EQ(type.setup.stm32->baud, 57'600U);
  EXPECT_EQ(type.setup.stm32->chip_id, 0x413);
  EXPECT_EQ(type.setup.stm32->flash_start, 0x08000000U);
  EXPECT_THAT(type.setup.stm32->sectors, ElementsAre(16384, 16384, 16384, 16384, 65536));
  EXPECT_EQ(type.setup.stm32->enter.size(), 2U);
  EXPECT_EQ(type.setup.stm32->deadline, std::chrono::seconds(120));
  const std::pair<const char*, const char*> bad[] = {{"baud = 50", "'baud' must be from 1200 to 1000000"},
                                                     {"chip_id = 0x1000", "'chip_id' must be from 0 to 4095"},
                                                     {"sectors = '16K'", "'16K' are no sectors"},
                                                     {"leave = ['cts=1']", "'leave': 'cts=1' is no step"}};
  for (const auto& [line, message] : bad) {
    EXPECT_THAT(of_type(std::string("kind = 'stm32-uart'\n") + line).message, HasSubstr(message));
  }
  const Read board = of_board("kind = 'stm32-uart'\nleave = ['rts=0']");
  ASSERT_EQ(board.message, "");
  EXPECT_THAT(of_board("kind = 'stm32-uart'\nchip_id = 1").message, HasSubstr("unknown key 'chip_id'"));

  const auto flasher = make_flasher(board_with(board.setup), type_with(type.setup));
  ASSERT_TRUE(flasher.ok()) << flasher.status();
  EXPECT_TRUE((*flasher)->takes_port());
  EXPECT_THAT(std::string(make_flasher(board_with(board.setup), type_with({})).status().message()),
              HasSubstr("does not say how its chip is flashed by UART"));
}

constexpr char kUf2[] = R"(
kind = "uf2"
[uf2]
touch_1200 = true
bootloader_usb = ["2886:0044"]
board_ids = ["nRF52840-SeeedXiao-v1"]
family = 0xADA52840
)";

TEST(FlasherSetup, ReadsAUf2Bootloader) {
  const Read type = of_type(kUf2);
  ASSERT_EQ(type.message, "");
  EXPECT_THAT(type.setup.uf2->bootloader.usb_ids, ElementsAre("2886:0044"));
  EXPECT_TRUE(type.setup.uf2->bootloader.touch_1200);
  EXPECT_THAT(type.setup.uf2->board_ids, ElementsAre("nRF52840-SeeedXiao-v1"));
  EXPECT_EQ(type.setup.uf2->family, 0xADA52840U);
  EXPECT_EQ(type.setup.uf2->deadline, std::chrono::seconds(60));
  const std::pair<const char*, const char*> bad[] = {
      {"kind = 'uf2'", "needs the table 'uf2'"},
      {"kind = 'uf2'\n[uf2]\nboard_ids = ['x']", "flasher, uf2: 'bootloader_usb' must say"},
      {"kind = 'uf2'\n[uf2]\nbootloader_usb = ['2E8A:0003']\nboard_ids = ['x']", "no vendor:product"},
      {"kind = 'uf2'\n[uf2]\nbootloader_usb = ['2e8a:0003']", "'board_ids' must say"},
      {"kind = 'uf2'\n[uf2]\nbootloader_usb = ['2e8a:0003']\nboard_ids = ['x']\nfamily = 0x100000000", "32 bits"},
      {"kind = 'uf2'\n[uf2]\nbootloader_usb = ['2e8a:0003']\nboard_ids = ['x']\nsocket = '1-1'",
       "unknown key 'socket'"}};
  for (const auto& [text, message] : bad) EXPECT_THAT(of_type(text).message, HasSubstr(message));

  const Read board = of_board("kind = 'uf2'\nusb = '1-1.4'");
  ASSERT_EQ(board.message, "");
  EXPECT_EQ(board.setup.usb_socket, "1-1.4");
  EXPECT_EQ(of_board("kind = 'uf2'\nusb = '12-3'").message, "");
  for (const char* socket : {"1", "1-", "1.4-1", "1-1-1", "/1-1", "1-1.", "2e8a:0003"}) {
    EXPECT_THAT(of_board(std::string("kind = 'uf2'\nusb = '") + socket + "'").message, HasSubstr("'usb' must be"));
  }
  const auto flasher = make_flasher(board_with(board.setup), type_with(type.setup));
  ASSERT_TRUE(flasher.ok()) << flasher.status();
  EXPECT_TRUE((*flasher)->takes_port());
  EXPECT_THAT(std::string(make_flasher(board_with(board.setup), type_with({})).status().message()),
              HasSubstr("does not say that its bootloader takes UF2 files"));
}

TEST(FlasherSetup, ARecipeMayBeginInABootloader) {
  constexpr char kBossac[] = "kind = 'command'\nwrite = ['bossac', '{image}']\n";
  const Read recipe = of_type(std::string(kBossac) + "touch_1200 = true\nbootloader_usb = ['2341:005a']");
  ASSERT_EQ(recipe.message, "");
  EXPECT_THAT(recipe.setup.recipe->bootloader->usb_ids, ElementsAre("2341:005a"));
  EXPECT_FALSE(of_type(kBossac).setup.recipe->bootloader.has_value());
  EXPECT_THAT(of_type(std::string(kBossac) + "touch_1200 = true").message, HasSubstr("needs 'bootloader_usb'"));
  const auto flasher =
      make_flasher(board_with(of_board("kind = 'command'\nusb = '1-1.4'").setup), type_with(recipe.setup));
  ASSERT_TRUE(flasher.ok()) << flasher.status();
  EXPECT_TRUE((*flasher)->takes_port());
}

TEST(MakeFlasher, TheSocketOfTheFarmFileIsWhereItLooks) {
  const FlasherSetup board = of_board("kind = 'uf2'\nusb = '99-77'").setup;
  FlasherSetup type = of_type(kUf2).setup;
  type.uf2->bootloader.touch_1200 = false;
  const auto flasher = make_flasher(board_with(board), type_with(type));
  ASSERT_TRUE(flasher.ok()) << flasher.status();
  boost::asio::io_context io;
  const flash::FirmwareImage image{{{0, {1}}}};
  const auto report = test::run(io, (*flasher)->flash(image, {}));
  EXPECT_EQ(reason_of(report.status()), "FLASH_NO_TARGET");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("at USB socket 99-77 is nothing"));
}

TEST(MakeFlasher, ABoardWithoutOneHasNone) {
  const auto flasher = make_flasher(FarmBoard(), type_with({}));
  ASSERT_TRUE(flasher.ok());
  EXPECT_EQ(*flasher, nullptr);
}

TEST(MakeFlasher, TheRecipeIsTheBoardsOwnOrThatOfItsType) {
  const CatalogEntry type = type_with(of_type(kRecipe).setup);
  const auto by_type = make_flasher(board_with(of_board("kind = 'command'\nserial = '066D'").setup), type);
  ASSERT_TRUE(by_type.ok()) << by_type.status();
  EXPECT_FALSE((*by_type)->takes_port());
  const auto own =
      make_flasher(board_with(of_board("kind = 'command'\nwrite = ['x', '{image}', '{port}']").setup), type);
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_TRUE((*own)->takes_port());
}

TEST(MakeFlasher, RefusesFilesThatDoNotFit) {
  const FlasherSetup plain = of_board("kind = 'command'").setup;
  const auto message = [](const absl::StatusOr<std::unique_ptr<flash::Flasher>>& flasher) {
    EXPECT_EQ(reason_of(flasher.status()), "FARM_FILE_INVALID");
    return std::string(flasher.status().message());
  };
  EXPECT_THAT(message(make_flasher(board_with(plain), type_with({}))), HasSubstr("nucleo has no recipe"));
  EXPECT_THAT(message(make_flasher(board_with(plain), type_with(of_type(kRecipe).setup))), HasSubstr("uses {serial}"));
  CatalogEntry slotted = type_with({});
  slotted.slot = ModelSlot{.writer = SlotWriter::kFlasher};
  const FlasherSetup on_port = of_board("kind = 'command'\nwrite = ['x', '{image}', '{port}']").setup;
  EXPECT_THAT(message(make_flasher(board_with(on_port), slotted)), HasSubstr("needs the port for itself"));
}

}  // namespace
}  // namespace tinyrig::boards
