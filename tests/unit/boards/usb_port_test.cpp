#include "server/boards/usb_port.h"

#include <gtest/gtest.h>

#include <map>

#include "server/base/error.h"
#include "tests/support/discovery/fake_machine.h"

namespace tinyrig::boards {
namespace {

using Attributes = std::map<std::string, std::string>;

Attributes stlink(const std::string& serial) {
  return {{"idVendor", "0483"}, {"idProduct", "374b"}, {"bDeviceClass", "ef"}, {"serial", serial}};
}

TEST(UsbPort, IsWrittenAsTheScanPrintsIt) {
  const auto by_serial = parse_usb_port("0483:374b:0669FF");
  ASSERT_TRUE(by_serial.has_value());
  EXPECT_EQ(by_serial->id, "0483:374b");
  EXPECT_EQ(by_serial->serial, "0669FF");
  EXPECT_EQ(by_serial->socket, "");
  EXPECT_EQ(by_serial->text(), "0483:374b:0669FF");
  const auto by_socket = parse_usb_port("1a86:7523@1-1.2");
  ASSERT_TRUE(by_socket.has_value());
  EXPECT_EQ(by_socket->socket, "1-1.2");
  EXPECT_EQ(by_socket->text(), "1a86:7523@1-1.2");
  for (const char* text : {"", "0483:374b", "0483:374b:", "0483:374B:1", "483:374b:1", "0483:374b/1", "/dev/ttyACM0"}) {
    EXPECT_FALSE(parse_usb_port(text).has_value()) << text;
  }
}

TEST(UsbPort, FollowsTheBoardThroughSocketsAndNames) {
  test::FakeMachine machine;
  const auto link = machine.root() / "data/ports/f4-1";
  const UsbPort port = *parse_usb_port("0483:374b:A1");
  machine.usb("1-1", stlink("A1"));
  machine.usb_tty("1-1", 2, "ttyACM0");
  ASSERT_TRUE(link_usb_port(machine.places(), port, link).ok());
  EXPECT_EQ(std::filesystem::read_symlink(link), machine.dev("ttyACM0"));

  // Away: the link must not lead to whoever gets the name next.
  machine.unplug("1-1");
  EXPECT_EQ(reason_of(link_usb_port(machine.places(), port, link)), "PORT_NOT_FOUND");
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(link)));

  machine.usb("1-4", stlink("B2"));
  machine.usb_tty("1-4", 2, "ttyACM0");
  machine.usb("2-3", stlink("A1"));
  machine.usb_tty("2-3", 2, "ttyACM7");
  ASSERT_TRUE(link_usb_port(machine.places(), port, link).ok());
  EXPECT_EQ(std::filesystem::read_symlink(link), machine.dev("ttyACM7"));
}

TEST(UsbPort, IsTheInterfaceThatIsNamedElseTheFirst) {
  test::FakeMachine machine;
  machine.usb("1-1", stlink("A1"));
  machine.usb_tty("1-1", 4, "ttyACM0");
  machine.usb_tty("1-1", 2, "ttyACM1");
  UsbPort port = *parse_usb_port("0483:374b:A1");
  EXPECT_EQ(*find_usb_port(machine.places(), port), machine.dev("ttyACM1"));
  port.interface = 4;
  EXPECT_EQ(*find_usb_port(machine.places(), port), machine.dev("ttyACM0"));
  port.interface = 6;
  EXPECT_EQ(reason_of(find_usb_port(machine.places(), port).status()), "PORT_NOT_FOUND");
}

TEST(UsbPort, DevicesThatSayTheSameAreToldApartByTheirSockets) {
  test::FakeMachine machine;
  const Attributes adapter = {{"idVendor", "1a86"}, {"idProduct", "7523"}, {"serial", "0001"}};
  machine.usb("1-1", adapter);
  machine.usb_tty("1-1", 0, "ttyUSB0", "", true);
  machine.usb("1-2", adapter);
  machine.usb_tty("1-2", 0, "ttyUSB1", "", true);
  const absl::Status both = find_usb_port(machine.places(), *parse_usb_port("1a86:7523:0001")).status();
  EXPECT_EQ(reason_of(both), "USB_AMBIGUOUS");
  EXPECT_NE(hint_of(both).find("usb = \"1a86:7523@1-1\""), std::string::npos) << hint_of(both);
  EXPECT_EQ(*find_usb_port(machine.places(), *parse_usb_port("1a86:7523@1-2")), machine.dev("ttyUSB1"));
}

}  // namespace
}  // namespace tinyrig::boards
