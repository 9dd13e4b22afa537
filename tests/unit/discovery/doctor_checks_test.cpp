// The doctor's judgements, each on what it may see.
#include "server/discovery/doctor_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::discovery {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kOk = v1::FINDING_LEVEL_OK;
constexpr auto kInfo = v1::FINDING_LEVEL_INFO;
constexpr auto kWarning = v1::FINDING_LEVEL_WARNING;
constexpr auto kProblem = v1::FINDING_LEVEL_PROBLEM;

PortFacts open_port() { return {"/dev/ttyACM0", true, true, "dialout", 0660, {}}; }

TEST(DoctorPortTest, MayBeOpened) {
  const v1::DoctorFinding finding = check_port(open_port(), "ann");
  EXPECT_EQ(finding.level(), kOk);
  EXPECT_EQ(finding.finding(), "/dev/ttyACM0 may be opened");
  EXPECT_EQ(finding.advice(), "");
}

TEST(DoctorPortTest, ThatTheGroupMayOpenNeedsTheGroup) {
  PortFacts port = open_port();
  port.may_open = false;
  const v1::DoctorFinding finding = check_port(port, "ann");
  EXPECT_EQ(finding.level(), kProblem);
  EXPECT_EQ(finding.finding(), "/dev/ttyACM0 may not be opened by ann (group dialout, mode 0660)");
  EXPECT_EQ(finding.advice(), "sudo usermod -aG dialout ann, then log in again");
}

TEST(DoctorPortTest, ThatOnlyRootMayOpenNeedsTheRules) {
  for (const auto& [group, mode] : std::vector<std::pair<std::string, unsigned>>{{"root", 0660}, {"dialout", 0600}}) {
    PortFacts port = open_port();
    port.may_open = false;
    port.group = group;
    port.mode = mode;
    const v1::DoctorFinding finding = check_port(port, "ann");
    EXPECT_EQ(finding.level(), kProblem);
    EXPECT_THAT(finding.advice(), HasSubstr("60-tinyrig.rules"));
  }
}

TEST(DoctorPortTest, StrangersAreAWarningTheDaemonIsNone) {
  PortFacts port = open_port();
  port.holders = {"tinyrigd (7)"};
  EXPECT_EQ(check_port(port, "ann").level(), kOk);
  EXPECT_EQ(check_port(port, "ann").finding(), "/dev/ttyACM0 is used by the daemon");
  port.holders.emplace_back("ModemManager (8)");
  EXPECT_EQ(check_port(port, "ann").level(), kWarning);
  EXPECT_EQ(check_port(port, "ann").finding(), "/dev/ttyACM0 is held by ModemManager (8)");
}

TEST(DoctorPortTest, ThatIsGoneIsAProblem) {
  PortFacts port;
  port.path = "/dev/x";
  port.exists = false;
  EXPECT_EQ(check_port(port, "ann").level(), kProblem);
  EXPECT_EQ(check_port(port, "ann").finding(), "/dev/x is not there");
}

TEST(DoctorFarmTest, TellsWhatIsWrongWithTheFile) {
  EXPECT_EQ(check_farm_file("f", absl::OkStatus(), 3, {}).at(0).finding(), "f: 3 boards");
  const absl::Status broken = make_error(absl::StatusCode::kInvalidArgument, "FARM_FILE_INVALID", "f:3: no", "mend it");
  ASSERT_THAT(check_farm_file("f", broken, 0, {}), SizeIs(1));
  EXPECT_EQ(check_farm_file("f", broken, 0, {})[0].level(), kProblem);
  EXPECT_EQ(check_farm_file("f", broken, 0, {})[0].finding(), "f:3: no");
  EXPECT_EQ(check_farm_file("f", broken, 0, {})[0].advice(), "mend it");
  const absl::Status other = make_error(absl::StatusCode::kInvalidArgument, "FARM_FILE_INVALID", "b is odd", "even it");
  const std::vector<v1::DoctorFinding> findings = check_farm_file("f", absl::OkStatus(), 3, {broken, other});
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].level(), kProblem);
  EXPECT_EQ(findings[0].finding(), "f: f:3: no");
  EXPECT_EQ(findings[1].level(), kProblem);
  EXPECT_EQ(findings[1].finding(), "f: b is odd");
  EXPECT_EQ(findings[1].advice(), "even it");
}

TEST(DoctorUdevTest, RulesMatterWhenBoardsArePluggedIn) {
  EXPECT_EQ(check_udev("/etc/udev/rules.d/60-tinyrig.rules", 2).level(), kOk);
  EXPECT_EQ(check_udev("", 2).level(), kWarning);
  EXPECT_EQ(check_udev("", 0).level(), kInfo);
  EXPECT_THAT(check_udev("", 2).advice(), HasSubstr("udevadm control --reload"));
}

TEST(DoctorGrabbersTest, ServicesThatOpenPorts) {
  EXPECT_EQ(check_grabbers({"bash", "systemd"}, false).level(), kOk);
  EXPECT_EQ(check_grabbers({"bash", "ModemManager"}, false).level(), kWarning);
  EXPECT_THAT(check_grabbers({"ModemManager"}, false).finding(), HasSubstr("ModemManager runs"));
  EXPECT_EQ(check_grabbers({"bash", "ModemManager"}, true).level(), kOk);
  EXPECT_EQ(check_grabbers({"brltty"}, true).level(), kWarning);
  EXPECT_THAT(check_grabbers({"brltty"}, true).advice(), HasSubstr("disable --now brltty"));
}

TEST(DoctorToolsTest, OnlyWhatIsNeededIsAProblem) {
  const std::vector<ToolState> tools = {{"openocd", true, "0.12.0", false},
                                        {"st-flash", false, "", false},
                                        {"picotool", false, "", false},
                                        {"bossac", true, "1.9.1", false},
                                        {"esptool", false, "", false}};
  const std::vector<v1::DoctorFinding> findings =
      check_tools(tools, {{{"openocd", "st-flash"}, "Nucleo at 1-1"}, {{"picotool"}, "pico-1"}});
  ASSERT_THAT(findings, SizeIs(4));
  EXPECT_EQ(findings[0].level(), kOk);
  EXPECT_EQ(findings[0].finding(), "openocd 0.12.0, needed by Nucleo at 1-1");
  EXPECT_EQ(findings[1].level(), kProblem);
  EXPECT_EQ(findings[1].finding(), "picotool is not installed, and is needed by pico-1");
  EXPECT_EQ(findings[1].advice(), "install picotool");
  EXPECT_EQ(findings[2].level(), kInfo);
  EXPECT_EQ(findings[2].finding(), "bossac 1.9.1, nothing here needs it");
  EXPECT_EQ(findings[3].level(), kInfo);
  EXPECT_EQ(findings[3].finding(), "not installed, and nothing here needs them: esptool");
}

TEST(DoctorClockTest, SaneAndSynchronised) {
  constexpr std::int64_t k2026 = 1'780'000'000;  // 2026-05-28
  EXPECT_EQ(check_clock({k2026, true}).level(), kOk);
  EXPECT_EQ(check_clock({k2026, true}).finding(), "2026-05-28 20:26:40Z, synchronised");
  EXPECT_EQ(check_clock({k2026, std::nullopt}).level(), kOk);
  EXPECT_EQ(check_clock({k2026, false}).level(), kWarning);
  EXPECT_EQ(check_clock({1'735'689'599, true}).level(), kProblem);  // the last second of 2024
  EXPECT_EQ(check_clock({1'735'689'600, true}).level(), kOk);
  EXPECT_EQ(check_clock({0, true}).level(), kProblem);
  EXPECT_EQ(check_clock({4'102'444'800, true}).level(), kProblem);  // 2100
}

TEST(DoctorDiskTest, RoomForDataAndFiles) {
  constexpr std::uint64_t kMiB = 1024 * 1024;
  EXPECT_EQ(check_disk({"/d", 1024 * kMiB, 9, false}).level(), kOk);
  EXPECT_EQ(check_disk({"/d", 1024 * kMiB - 1, 9, false}).level(), kWarning);
  EXPECT_EQ(check_disk({"/d", 100 * kMiB, 9, false}).level(), kWarning);
  EXPECT_EQ(check_disk({"/d", 100 * kMiB - 1, 9, false}).level(), kProblem);
  EXPECT_EQ(check_disk({"/d", 2048 * kMiB, 999, true}).level(), kProblem);
  EXPECT_EQ(check_disk({"/d", 2048 * kMiB, 1000, true}).level(), kOk);
  EXPECT_EQ(check_disk({"/d", 2048 * kMiB, 0, false}).finding(), "/d: 2048 MiB free");
}

TEST(DoctorLimitsTest, GrowWithTheFarm) {
  EXPECT_EQ(check_open_files({100, 1056, 4096, 0}).level(), kOk);  // 256 and 8 for each board
  EXPECT_EQ(check_open_files({100, 1055, 4096, 0}).level(), kProblem);
  EXPECT_THAT(check_open_files({100, 1055, 4096, 0}).advice(), HasSubstr("ulimit -n 1056"));
  EXPECT_EQ(check_ptys({100, 1024, 4096, 3995}).level(), kOk);
  EXPECT_EQ(check_ptys({100, 1024, 4096, 3996}).level(), kWarning);
}

}  // namespace
}  // namespace tinyrig::discovery
