// Boards from a made-up sysfs: joined, told apart, named, and hostile.
#include "server/discovery/find_boards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/discovery/serial_ports.h"
#include "server/usb/sysfs.h"
#include "tests/support/discovery/fake_machine.h"

namespace tinyrig::discovery {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class FindBoardsTest : public ::testing::Test {
 protected:
  Found find(std::vector<std::string> ttys, std::vector<std::string> named = {}) {
    const auto table = builtin_usb_table();
    EXPECT_TRUE(table.ok()) << table.status();
    return find_boards(machine_.places(), *table, {std::move(ttys), std::move(named), {"host", "mps2-an386"}});
  }
  std::vector<std::string> identities(const Found& found) {
    std::vector<std::string> all;
    for (const v1::FoundBoard& board : found.report.boards()) all.push_back(board.identity());
    return all;
  }
  std::vector<std::string> may_ask(const Found& found) {
    std::vector<std::string> paths;
    for (const PortIndex& at : found.may_ask) {
      const std::filesystem::path path = found.report.boards(at.board).ports(at.port).path();
      paths.push_back(path.filename());
    }
    return paths;
  }
  void nucleo(const std::string& path, const std::string& serial, const std::string& tty) {
    machine_.usb(path, {{"idVendor", "0483"},
                        {"idProduct", "374b"},
                        {"bDeviceClass", "ef"},
                        {"serial", serial},
                        {"manufacturer", "STMicroelectronics"},
                        {"product", "STM32 STLink"}});
    machine_.usb_tty(path, 2, tty, "ST-Link VCP Ctrl");
  }
  void adapter(const std::string& path, const std::string& tty) {
    machine_.usb(path, {{"idVendor", "1a86"}, {"idProduct", "7523"}, {"product", "USB Serial"}});
    machine_.usb_tty(path, 0, tty, "", /*by_usb_serial=*/true);
  }

  test::FakeMachine machine_;
};

TEST_F(FindBoardsTest, SaysAllThatIsKnownOfABoard) {
  machine_.usb("1-1", {{"idVendor", "05e3"}, {"idProduct", "0610"}, {"bDeviceClass", "09"}});  // a hub
  nucleo("1-1.4", "0669FF303430", "ttyACM0");
  machine_.link("serial/by-id", "usb-STM_STLink_0669FF303430-if02", "ttyACM0");
  machine_.link("serial/by-path", "pci-0000:00:14.0-usb-0:1.4:1.2", "ttyACM0");
  const Found found = find({"ttyACM0"});
  ASSERT_EQ(found.report.boards_size(), 1);
  const v1::FoundBoard& board = found.report.boards(0);
  EXPECT_EQ(board.identity(), "usb:0483:374b:0669FF303430");
  EXPECT_FALSE(board.identity_is_place());
  EXPECT_EQ(board.usb_path(), "1-1.4");
  EXPECT_EQ(board.usb_id(), "0483:374b");
  EXPECT_EQ(board.manufacturer(), "STMicroelectronics");
  EXPECT_EQ(board.product(), "STM32 STLink");
  EXPECT_EQ(board.name(), "ST-LINK/V2-1 (Nucleo, Discovery)");
  EXPECT_EQ(board.face(), v1::USB_FACE_PROBE);
  EXPECT_THAT(board.flash_tools(), ElementsAre("openocd", "st-flash"));
  ASSERT_EQ(board.ports_size(), 1);
  EXPECT_EQ(board.ports(0).path(), machine_.dev("ttyACM0").string());
  EXPECT_EQ(board.ports(0).stable_path(), machine_.dev("serial/by-id/usb-STM_STLink_0669FF303430-if02").string());
  EXPECT_EQ(board.ports(0).interface_number(), 2U);
  EXPECT_EQ(board.ports(0).interface_name(), "ST-Link VCP Ctrl");
  EXPECT_EQ(board.ports(0).state(), v1::PORT_STATE_NOT_ASKED);
  EXPECT_THAT(may_ask(found), ElementsAre("ttyACM0"));
}

TEST_F(FindBoardsTest, TtysOfOneDeviceAreOneBoardInTheOrderOfTheirInterfaces) {
  machine_.usb("1-2", {{"idVendor", "0483"}, {"idProduct", "3753"}, {"serial", "A1"}});
  machine_.usb_tty("1-2", 3, "ttyACM0");
  machine_.usb_tty("1-2", 1, "ttyACM1");
  const Found found = find({"ttyACM0", "ttyACM1"});
  ASSERT_EQ(found.report.boards_size(), 1);
  ASSERT_EQ(found.report.boards(0).ports_size(), 2);
  EXPECT_EQ(found.report.boards(0).ports(0).path(), machine_.dev("ttyACM1").string());
  EXPECT_EQ(found.report.boards(0).ports(0).interface_number(), 1U);
  EXPECT_EQ(found.report.boards(0).ports(1).interface_number(), 3U);
  EXPECT_THAT(may_ask(found), ElementsAre("ttyACM1", "ttyACM0"));
}

TEST_F(FindBoardsTest, TwoAlikeWithoutSerialAreToldApartByTheirSockets) {
  adapter("1-1.2", "ttyUSB1");
  adapter("1-1.3", "ttyUSB0");
  machine_.link("serial/by-id", "usb-1a86_USB_Serial-if00-port0", "ttyUSB0");
  machine_.link("serial/by-path", "pci-0000:00:14.0-usb-0:1.2:1.0-port0", "ttyUSB1");
  machine_.link("serial/by-path", "pci-0000:00:14.0-usb-0:1.3:1.0-port0", "ttyUSB0");
  const Found found = find({"ttyUSB0", "ttyUSB1"});
  EXPECT_THAT(identities(found), ElementsAre("usb:1a86:7523@1-1.2", "usb:1a86:7523@1-1.3"));
  EXPECT_TRUE(found.report.boards(1).identity_is_place());
  EXPECT_EQ(found.report.boards(0).ports(0).path(), machine_.dev("ttyUSB1").string());
  // by-id is one name for both of them.
  EXPECT_EQ(found.report.boards(1).ports(0).stable_path(),
            machine_.dev("serial/by-path/pci-0000:00:14.0-usb-0:1.3:1.0-port0").string());
}

TEST_F(FindBoardsTest, ASerialThatTwoHaveIsNone) {
  nucleo("1-1", "SAME", "ttyACM0");
  nucleo("1-2", "SAME", "ttyACM1");
  nucleo("1-3", "OTHER", "ttyACM2");
  EXPECT_THAT(identities(find({"ttyACM0", "ttyACM1", "ttyACM2"})),
              ElementsAre("usb:0483:374b@1-1", "usb:0483:374b@1-2", "usb:0483:374b:OTHER"));
}

TEST_F(FindBoardsTest, ABootloaderWithoutATtyIsAFaceOfItsBoard) {
  machine_.usb("1-5",
               {{"idVendor", "2e8a"}, {"idProduct", "0003"}, {"serial", "E0C9125B0D9B"}, {"product", "RP2 Boot"}});
  machine_.usb("1-6", {{"idVendor", "046d"}, {"idProduct", "c31c"}, {"product", "Keyboard"}});
  const Found found = find({});
  ASSERT_EQ(found.report.boards_size(), 1);  // the keyboard is none
  const v1::FoundBoard& board = found.report.boards(0);
  EXPECT_EQ(board.identity(), "usb:2e8a:0003@1-5");  // its boot ROM has the serial of every other one
  EXPECT_EQ(board.face(), v1::USB_FACE_BOOTLOADER);
  EXPECT_THAT(board.other_faces(), ElementsAre("2e8a:0005", "2e8a:000a"));
  EXPECT_THAT(board.flash_tools(), ElementsAre("picotool"));
  EXPECT_THAT(board.ports(), IsEmpty());
}

TEST_F(FindBoardsTest, WhatMayTakeHelloForACommandIsAskedOnlyWhenNamed) {
  machine_.usb("1-1", {{"idVendor", "1915"}, {"idProduct", "c00a"}, {"serial", "D0"}});  // a power monitor
  machine_.usb_tty("1-1", 1, "ttyACM0");
  machine_.usb("1-2", {{"idVendor", "03eb"}, {"idProduct", "6124"}});  // a bootloader
  machine_.usb_tty("1-2", 0, "ttyACM1");
  machine_.other_tty("platform/serial8250", "ttyS0");  // perhaps a console
  const std::vector<std::string> ttys = {"ttyACM0", "ttyACM1", "ttyS0"};
  const Found found = find(ttys);
  EXPECT_THAT(may_ask(found), IsEmpty());
  EXPECT_THAT(identities(found), ElementsAre("usb:1915:c00a:D0", "usb:03eb:6124@1-2", "path:platform/serial8250"));
  EXPECT_THAT(found.report.boards(0).ports(0).detail(), HasSubstr("may be a command"));
  EXPECT_THAT(found.report.boards(2).ports(0).detail(), HasSubstr("not on USB"));
  const Found named = find(ttys, {machine_.dev("ttyS0"), machine_.dev("ttyACM1")});
  EXPECT_EQ(named.report.boards_size(), 3);
  EXPECT_THAT(may_ask(named), ElementsAre("ttyACM1", "ttyS0"));
}

TEST_F(FindBoardsTest, ANamedPortIsFoundByWhateverName) {
  nucleo("1-1", "A", "ttyACM0");
  machine_.link("serial/by-id", "usb-A", "ttyACM0");
  const Found found = find({"ttyACM0"}, {machine_.dev("serial/by-id/usb-A"), "/nowhere/board", "/nowhere/board"});
  EXPECT_THAT(identities(found), ElementsAre("usb:0483:374b:A", "port:/nowhere/board"));
  EXPECT_EQ(found.report.boards(1).ports(0).stable_path(), "/nowhere/board");
  EXPECT_EQ(found.may_ask.size(), 2U);
}

TEST_F(FindBoardsTest, TextsOfDevicesAreHostile) {
  machine_.usb("1-1", {{"idVendor", "dead"},
                       {"idProduct", "beef"},
                       {"serial", "a\x1b[2Jb\nid = \"x\""},
                       {"product", std::string(10'000, 'x')},
                       {"manufacturer", "bad \xff\xfe utf"}});
  machine_.usb_tty("1-1", 0, "ttyACM0");
  const Found found = find({"ttyACM0"});
  ASSERT_EQ(found.report.boards_size(), 1);
  const v1::FoundBoard& board = found.report.boards(0);
  EXPECT_EQ(board.serial(), "a?[2Jb?id = \"x\"");
  EXPECT_EQ(board.manufacturer(), "bad ?? utf");
  EXPECT_EQ(board.product().size(), 384U);
  EXPECT_EQ(board.face(), v1::USB_FACE_UNSPECIFIED);
  EXPECT_THAT(may_ask(found), ElementsAre("ttyACM0"));
}

TEST_F(FindBoardsTest, WhatIsMissingOrBrokenIsLeftOut) {
  machine_.usb("1-1", {{"idVendor", "0483"}});                           // unplugged while we look
  machine_.usb("1-2", {{"idVendor", "04g3"}, {"idProduct", "374b"}});    // no number
  machine_.usb("1-3", {{"idVendor", "104830"}, {"idProduct", "374b"}});  // no 16 bits
  machine_.usb("1-4", {{"idVendor", "0403"}, {"idProduct", "6001"}});    // no texts
  machine_.usb_tty("1-4", 0, "ttyUSB0", "", true);
  const Found found = find({"ttyUSB0", "ttyGone"});
  EXPECT_THAT(identities(found), ElementsAre("usb:0403:6001@1-4", "path:ttyGone"));
  EXPECT_EQ(found.report.boards(0).product(), "");
  EXPECT_EQ(found.report.boards(0).name(), "FTDI FT232R serial adapter");
}

TEST_F(FindBoardsTest, AMachineWithoutUsbHasNothing) {
  std::filesystem::remove_all(machine_.root() / "sys");
  EXPECT_THAT(identities(find({})), IsEmpty());
}

TEST(SerialPortsTest, TheSystemsOwnListCanBeRead) {
  const auto ports = list_serial_ports();
  ASSERT_TRUE(ports.ok()) << ports.status();
  for (const std::string& port : *ports) EXPECT_THAT(port, AllOf(Not(IsEmpty()), Not(HasSubstr("/"))));
}

}  // namespace
}  // namespace tinyrig::discovery
