// Sockets, what is plugged into them, and the drives it shows, from a made-up sysfs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "server/usb/drives.h"
#include "server/usb/sysfs.h"
#include "tests/support/discovery/fake_machine.h"

namespace tinyrig::usb {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::IsEmpty;

class UsbTest : public ::testing::Test {
 protected:
  UsbTest() {
    machine_.usb("1-1", {{"idVendor", "05e3"}, {"idProduct", "0610"}, {"bDeviceClass", "09"}});
    machine_.usb("1-1.4", {{"idVendor", "2e8a"}, {"idProduct", "000A"}});
    machine_.usb_tty("1-1.4", 0, "ttyACM0");
    machine_.usb_tty("1-1.4", 2, "ttyACM1");
    machine_.usb("3-2", {{"idVendor", "1a86"}, {"idProduct", "7523"}});
    machine_.usb_tty("3-2", 0, "ttyUSB0", "", /*by_usb_serial=*/true);
  }

  test::FakeMachine machine_;
};

TEST_F(UsbTest, ASocketIsThatOfThePortByWhateverLink) {
  machine_.link("serial/by-id", "usb-pico-if00", "ttyACM0");
  EXPECT_EQ(socket_of_port(machine_.places(), machine_.dev("serial/by-id/usb-pico-if00")), "1-1.4");
  EXPECT_EQ(socket_of_port(machine_.places(), machine_.dev("ttyUSB0")), "3-2");
  machine_.other_tty("platform/serial8250", "ttyS0");
  EXPECT_EQ(socket_of_port(machine_.places(), machine_.dev("ttyS0")), "");
  EXPECT_EQ(socket_of_port(machine_.places(), "/dev/pts/0"), "");
  EXPECT_EQ(socket_of_port(machine_.places(), machine_.dev("ttyACM9")), "");
}

TEST_F(UsbTest, SaysWhatIsPluggedIn) {
  EXPECT_EQ(id_at(machine_.places(), "1-1.4"), "2e8a:000a");
  EXPECT_EQ(id_at(machine_.places(), "1-1.3"), "");
  EXPECT_EQ(id_at(machine_.places(), ""), "");
  EXPECT_THAT(ttys_at(machine_.places(), "1-1.4"), ElementsAre("ttyACM0", "ttyACM1"));
  EXPECT_THAT(ttys_at(machine_.places(), "1-1"), IsEmpty());
  EXPECT_THAT(ttys_at(machine_.places(), ""), IsEmpty());
}

TEST_F(UsbTest, BothRootHubsOfAControllerAreOne) {
  machine_.usb("2-1", {{"idVendor", "0483"}, {"idProduct", "374b"}});
  EXPECT_EQ(controller_of(machine_.places(), "1-1.4"), "pci0000:00/0000:00:14.0");
  EXPECT_EQ(controller_of(machine_.places(), "2-1"), "pci0000:00/0000:00:14.0");
  EXPECT_EQ(controller_of(machine_.places(), "3-2"), "pci0000:00/0000:01:00.0");
  EXPECT_EQ(controller_of(machine_.places(), "4-1"), "");
  EXPECT_EQ(controller_of(machine_.places(), ""), "");
}

TEST_F(UsbTest, FindsDrivesAndWhereTheyAreMounted) {
  const auto at = [this](const std::string& socket) { return drives_at(machine_.places(), socket); };
  machine_.write(machine_.places().proc / "self/mountinfo",
                 "25 1 8:1 / / rw - ext4 /dev/root rw\nnonsense\n"
                 "30 25 8:17 / /media/old rw - vfat /dev/sdb1 rw\n");
  machine_.usb_drive("1-1.4", "sdb", "8:16");
  EXPECT_THAT(at("1-1.4"), ElementsAre(FieldsAre("sdb", "8:16")));
  EXPECT_EQ(mount_of(machine_.places(), at("1-1.4")), "");
  machine_.usb_drive("1-1.4", "sdb1", "8:17", "/media/a\\040b\\134c");
  std::ofstream(machine_.places().proc / "self/mountinfo", std::ios::app)
      << "37 25 8:17 /folder /srv rw - vfat /dev/sdb1 rw\n";
  EXPECT_THAT(at("1-1.4"), ElementsAre(FieldsAre("sdb", "8:16"), FieldsAre("sdb1", "8:17")));
  EXPECT_EQ(mount_of(machine_.places(), at("1-1.4")), "/media/a b\\c");
  EXPECT_THAT(at("3-2"), IsEmpty());
  machine_.unplug("1-1.4");
  EXPECT_THAT(at("1-1.4"), IsEmpty());
  EXPECT_EQ(mount_of(machine_.places(), at("1-1.4")), "");
}

}  // namespace
}  // namespace tinyrig::usb
