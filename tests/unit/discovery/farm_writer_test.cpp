// The farm file of a scan: what the farm's own reader makes of it, and that files are written whole or not at all.
#include "server/discovery/farm_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "server/base/error.h"
#include "server/boards/builtin_catalog.h"
#include "server/boards/farm.h"
#include "tests/support/discovery/fake_machine.h"

namespace tinyrig::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class FarmWriterTest : public ::testing::Test {
 protected:
  std::string text() {
    const auto catalog = boards::builtin_catalog();
    EXPECT_TRUE(catalog.ok()) << catalog.status();
    return farm_text(report_, *catalog);
  }
  // What the daemon reads of it.
  std::vector<boards::FarmBoard> round_trip() {
    const absl::Status written = write_whole_file(file(), text(), Existing::kReplace);
    EXPECT_TRUE(written.ok()) << written;
    const auto farm = boards::load_farm(file());
    EXPECT_TRUE(farm.ok()) << farm.status() << "\n" << text();
    return farm.value_or(std::vector<boards::FarmBoard>());
  }
  v1::FoundPort& add(const std::string& name, const std::string& path, v1::PortState state) {
    v1::FoundBoard& board = *report_.add_boards();
    board.set_name(name);
    board.set_identity("usb:0001:0002:" + name);
    board.set_usb_id("0001:0002");
    v1::FoundPort& port = *board.add_ports();
    port.set_path(path);
    port.set_state(state);
    return port;
  }
  v1::FoundPort& answered(const std::string& type, const std::string& path) {
    v1::FoundPort& port = add("a board", path, v1::PORT_STATE_ANSWERED);
    port.mutable_agent()->set_board_type(type);
    return port;
  }
  std::filesystem::path file() const { return machine_.root() / "farm.toml"; }
  std::string content() const {
    std::ifstream stream(file());
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  test::FakeMachine machine_;
  v1::ScanReport report_;
};

TEST_F(FarmWriterTest, BoardsThatAnsweredAreRead) {
  answered("host", "/dev/ttyACM3").set_stable_path("/dev/serial/by-id/usb-one");
  answered("mps2-an386", "/dev/ttyACM1");
  answered("host", "/dev/ttyACM0").mutable_agent()->set_unit_id("00112233");
  const std::vector<boards::FarmBoard> farm = round_trip();
  ASSERT_EQ(farm.size(), 3U);
  EXPECT_EQ(farm[0].id, "host-1");
  EXPECT_EQ(farm[0].type, "host");
  EXPECT_EQ(farm[0].port, "/dev/serial/by-id/usb-one");
  EXPECT_EQ(farm[1].id, "mps2-an386-1");
  EXPECT_EQ(farm[1].port, "") << "no name of it stays";
  EXPECT_EQ(farm[1].usb->text(), "0001:0002:a board");
  EXPECT_EQ(farm[2].id, "host-2");
  EXPECT_FALSE(farm[1].flasher.has_value());
  // What nobody can find out is asked for: where the flasher of the AN386 is.
  EXPECT_THAT(text(), HasSubstr("# flasher = { kind = \"gdb-remote\", endpoint = "));
  EXPECT_THAT(text(), HasSubstr("unit 00112233"));
  EXPECT_THAT(text(), HasSubstr("\nunit_id = \"00112233\"\n"));
}

TEST_F(FarmWriterTest, WhatIsNotKnownStandsAsComments) {
  add("CH340", "/dev/ttyUSB0", v1::PORT_STATE_SILENT).set_detail("no agent answers");
  add("ST-LINK", "/dev/ttyACM0", v1::PORT_STATE_IN_USE).set_detail("ModemManager (12) has it");
  answered("their-board", "/dev/ttyACM1");
  v1::FoundBoard& pico = *report_.add_boards();
  pico.set_name("RP2040 in its boot ROM");
  pico.set_face(v1::USB_FACE_BOOTLOADER);
  add("PPK2", "/dev/ttyACM9", v1::PORT_STATE_NOT_ASKED);
  report_.mutable_boards(4)->set_face(v1::USB_FACE_INSTRUMENT);
  EXPECT_THAT(round_trip(), IsEmpty());
  EXPECT_THAT(text(), HasSubstr("no agent answers"));
  EXPECT_THAT(text(), HasSubstr("ModemManager (12) has it"));
  EXPECT_THAT(text(), HasSubstr("its agent says 'their-board', which is not in the catalog"));
  EXPECT_THAT(text(), HasSubstr("#usb = \"0001:0002:CH340\""));
  EXPECT_THAT(text(), HasSubstr("It waits for firmware"));
  EXPECT_THAT(text(), Not(HasSubstr("/dev/ttyACM9")));
}

TEST_F(FarmWriterTest, WithTheHashesRemovedItsBoardsCanBeRead) {
  add("CH340", "/dev/ttyUSB0", v1::PORT_STATE_SILENT);
  std::string filled_in = text();
  for (std::size_t at = filled_in.find("\n#"); at != std::string::npos; at = filled_in.find("\n#", at + 1)) {
    if (filled_in[at + 2] != ' ') filled_in.erase(at + 1, 1);
  }
  ASSERT_TRUE(write_whole_file(file(), filled_in, Existing::kReplace).ok());
  const auto farm = boards::load_farm(file());
  ASSERT_TRUE(farm.ok()) << farm.status();
  ASSERT_EQ(farm->size(), 1U);
  EXPECT_EQ((*farm)[0].id, "board-1");
  EXPECT_EQ((*farm)[0].usb->text(), "0001:0002:CH340");
}

TEST_F(FarmWriterTest, ABoardKnownByItsIdentityIsReadThoughItIsSilent) {
  add("known", "/dev/ttyACM0", v1::PORT_STATE_SILENT).set_detail("no agent answers");
  report_.mutable_boards(0)->set_board_type("microbit");
  const std::vector<boards::FarmBoard> farm = round_trip();
  ASSERT_EQ(farm.size(), 1U);
  EXPECT_EQ(farm[0].type, "microbit");
}

TEST_F(FarmWriterTest, ABoardWithoutAnAgentForItStaysAComment) {
  add("a Nano", "/dev/ttyACM0", v1::PORT_STATE_SILENT);
  report_.mutable_boards(0)->set_board_type("arduino-nano33ble");
  EXPECT_THAT(round_trip(), IsEmpty());
  EXPECT_THAT(text(), HasSubstr("there is no agent for arduino-nano33ble yet: docs/porting.md"));
}

TEST_F(FarmWriterTest, TypesThatShowThemselvesLikeASilentBoardAreNamed) {
  std::vector<boards::CatalogEntry> catalog(3);
  for (std::size_t i = 0; i < catalog.size(); ++i) {
    catalog[i].type.set_id(std::string(1, static_cast<char>('a' + i)));
    catalog[i].usb_ids = {"0001:0002"};
  }
  catalog[1].status = boards::TypeStatus::kDescribedOnly;
  add("ST-LINK", "/dev/ttyACM0", v1::PORT_STATE_SILENT);
  EXPECT_THAT(farm_text(report_, catalog), HasSubstr("lists them; it may be a, c)"));
  report_.mutable_boards(0)->set_usb_id("0001:0003");
  EXPECT_THAT(farm_text(report_, catalog), HasSubstr("lists them)"));
}

TEST_F(FarmWriterTest, TheSerialOfAProbeGoesToTheRecipeThatWantsIt) {
  boards::CatalogEntry entry;
  entry.type.set_id("nucleo");
  entry.flasher.kind = "command";
  entry.flasher.recipe.emplace().write.argv = {"openocd", "-c", "adapter serial {serial}", "{image}"};
  answered("nucleo", "/dev/ttyACM0");
  report_.mutable_boards(0)->set_serial("0669FF");
  EXPECT_THAT(farm_text(report_, {entry}), HasSubstr("\nflasher = { kind = \"command\", serial = \"0669FF\" }\n"));
  report_.mutable_boards(0)->set_identity_is_place(true);  // others have that serial, too
  EXPECT_THAT(farm_text(report_, {entry}), HasSubstr("\n# flasher = { kind = \"command\", serial = \"SERIAL\" }\n"));
  entry.flasher.recipe->write.argv = {"avrdude", "-P", "{port}", "{image}"};
  EXPECT_THAT(farm_text(report_, {entry}), HasSubstr("\nflasher = { kind = \"command\" }\n"));
  entry.flasher.kind = "stm32-uart";
  EXPECT_THAT(farm_text(report_, {entry}), HasSubstr("\nflasher = { kind = \"stm32-uart\" }\n"));
  entry.flasher.kind = "uf2";
  EXPECT_THAT(farm_text(report_, {entry}), HasSubstr("\nflasher = { kind = \"uf2\" }\n"));
}

TEST_F(FarmWriterTest, HostileTextsStayTexts) {
  answered("host", "/dev/tty\"\\\n\x01x");
  v1::FoundBoard& board = *report_.mutable_boards(0);
  board.set_name("nice\n[[board]]\nid = \"evil\"");
  board.set_identity("usb:\r\n[[board]]");
  board.mutable_ports(0)->mutable_agent()->set_build_id("b\n[[board]]\n#");
  const std::vector<boards::FarmBoard> farm = round_trip();
  ASSERT_EQ(farm.size(), 1U);
  EXPECT_EQ(farm[0].id, "host-1");
  EXPECT_EQ(farm[0].port, "/dev/tty\"\\\n?x");
}

TEST_F(FarmWriterTest, AFileThatIsThereStays) {
  machine_.write(file(), "mine");
  const absl::Status refused = write_whole_file(file(), "new", Existing::kKeep);
  EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(reason_of(refused), "FILE_EXISTS");
  EXPECT_EQ(content(), "mine");
  EXPECT_TRUE(write_whole_file(file(), "new", Existing::kReplace).ok());
  EXPECT_EQ(content(), "new");
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(machine_.root())) {
    if (entry.is_regular_file()) left.push_back(entry.path().filename());
  }
  EXPECT_THAT(left, ElementsAre("farm.toml"));  // no temporary file
}

TEST_F(FarmWriterTest, AFolderThatIsNotThereIsAnError) {
  const absl::Status status = write_whole_file(machine_.root() / "no/farm.toml", "x", Existing::kKeep);
  EXPECT_EQ(reason_of(status), "FILE_NOT_WRITTEN");
  EXPECT_THAT(std::string(status.message()), HasSubstr("no/farm.toml"));
}

}  // namespace
}  // namespace tinyrig::discovery
