// What `tinyrig farm` prints, letter by letter.
#include "client/farm_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyrig::client {
namespace {

using ::testing::HasSubstr;

TEST(ScanTextTest, ARowForEachPort) {
  v1::ScanReport report;
  v1::FoundBoard& board = *report.add_boards();
  board.set_name("ST-LINK");
  board.set_face(v1::USB_FACE_PROBE);
  board.set_identity("usb:0483:374b:A");
  v1::FoundPort& answered = *board.add_ports();
  answered.set_path("/dev/ttyACM0");
  answered.set_state(v1::PORT_STATE_ANSWERED);
  answered.mutable_agent()->set_board_type("host");
  answered.mutable_agent()->set_unit_id("77");
  answered.mutable_agent()->set_build_id("b1");
  answered.mutable_agent()->add_runtimes()->set_name("tinyrig");
  v1::FoundPort& held = *board.add_ports();
  held.set_path("/dev/ttyACM1");
  held.set_state(v1::PORT_STATE_IN_USE);
  held.set_detail("minicom (8) has it");
  v1::FoundBoard& boot = *report.add_boards();
  boot.set_name("RP2040");
  boot.set_face(v1::USB_FACE_BOOTLOADER);
  boot.set_identity("usb:2e8a:0003@1-3");
  boot.add_other_faces("2e8a:000a");
  v1::FoundBoard& machine = *report.add_boards();
  machine.set_name("x");
  machine.set_identity("path:x");
  v1::FoundPort& port = *machine.add_ports();
  port.set_path("/dev/ttyS0");
  port.set_state(v1::PORT_STATE_NOT_ASKED);
  port.set_detail("not on USB");
  EXPECT_EQ(scan_text(report),
            "FOUND    FACE        IDENTITY           PORT          TYPE  ANSWER\n"
            "ST-LINK  probe       usb:0483:374b:A    /dev/ttyACM0  host  unit 77, build b1, tinyrig\n"
            "                                        /dev/ttyACM1  -     minicom (8) has it\n"
            "RP2040   bootloader  usb:2e8a:0003@1-3  -             -     no serial port; its other faces: 2e8a:000a\n"
            "x        -           path:x             /dev/ttyS0    -     not asked: not on USB\n"
            "\n3 devices, 1 agent answered\n");
}

TEST(ScanTextTest, ATypeThatNobodyHasSeenRunSaysSo) {
  v1::ScanReport report;
  report.add_boards()->set_board_type("pico2");
  EXPECT_THAT(scan_text(report, {{"pico2", "described only"}}), HasSubstr("pico2 (described only)"));
}

TEST(ScanTextTest, NothingPluggedInSaysHowToGoOn) { EXPECT_THAT(scan_text({}), HasSubstr("--port PATH")); }

TEST(DoctorTextTest, AdviceStandsBelowItsFinding) {
  v1::DoctorReport report;
  const auto add = [&](v1::FindingLevel level, const std::string& finding, const std::string& advice) {
    v1::DoctorFinding& one = *report.add_findings();
    one.set_level(level);
    one.set_check("port");
    one.set_finding(finding);
    one.set_advice(advice);
  };
  add(v1::FINDING_LEVEL_OK, "fine", "");
  add(v1::FINDING_LEVEL_INFO, "so", "");
  add(v1::FINDING_LEVEL_WARNING, "held by a\x1b[2J", "end it");
  add(v1::FINDING_LEVEL_PROBLEM, "gone", "plug it in");
  EXPECT_EQ(doctor_text(report),
            "ok       port: fine\n"
            "info     port: so\n"
            "warning  port: held by a?[2J\n"
            "         -> end it\n"
            "PROBLEM  port: gone\n"
            "         -> plug it in\n"
            "\n1 problem, 1 warning\n");
}

}  // namespace
}  // namespace tinyrig::client
