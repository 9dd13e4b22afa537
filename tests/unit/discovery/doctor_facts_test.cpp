// What the doctor sees of a made-up machine, and the report as a whole.
#include "server/discovery/doctor_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "server/boards/builtin_catalog.h"
#include "server/discovery/find_boards.h"
#include "tests/support/discovery/fake_machine.h"

namespace tinyrig::discovery {
namespace {

using ::testing::HasSubstr;

class DoctorFactsTest : public ::testing::Test {
 protected:
  v1::DoctorReport examined(const std::string& farm) {
    const auto catalog = boards::builtin_catalog();
    const auto table = builtin_usb_table();
    EXPECT_TRUE(catalog.ok() && table.ok());
    machine_.write(farm_file(), farm);
    const Found found = find_boards(machine_.places(), *table, {{"ttyACM0"}, {}, {}});
    return examine(machine_.places(), *catalog, found.report, {farm_file(), machine_.root()});
  }
  // "level check: finding", of one check.
  std::vector<std::string> of_check(const v1::DoctorReport& report, const std::string& check) {
    std::vector<std::string> texts;
    for (const v1::DoctorFinding& finding : report.findings()) {
      if (finding.check() == check) {
        texts.push_back(v1::FindingLevel_Name(finding.level()).substr(14) + ": " + finding.finding());
      }
    }
    return texts;
  }
  std::filesystem::path farm_file() const { return machine_.root() / "farm.toml"; }

  test::FakeMachine machine_;
};

TEST_F(DoctorFactsTest, TheReportCoversTheFarmFileAndWhatIsPluggedIn) {
  machine_.usb("1-1", {{"idVendor", "1a86"}, {"idProduct", "7523"}});
  machine_.usb_tty("1-1", 0, "ttyACM0");
  machine_.link("serial/by-path", "place", "ttyACM0");
  machine_.write(machine_.places().proc / "9/comm", "ModemManager\n");
  const std::string plugged = machine_.dev("ttyACM0"), by_path = machine_.dev("serial/by-path/place");
  const v1::DoctorReport report = examined("[[board]]\nid = \"a\"\ntype = \"host\"\nport = \"" + by_path +
                                           "\"\n[[board]]\nid = \"b\"\ntype = \"nonesuch\"\nport = \"/no/port\"\n");
  EXPECT_THAT(of_check(report, "farm"), ::testing::ElementsAre(HasSubstr("PROBLEM: ")));
  EXPECT_THAT(of_check(report, "farm")[0], HasSubstr("board 'b' has the unknown type 'nonesuch'"));
  // The port that the file calls otherwise is there once.
  EXPECT_THAT(of_check(report, "port"),
              ::testing::ElementsAre("OK: " + by_path + " may be opened", "PROBLEM: /no/port is not there"));
  EXPECT_THAT(of_check(report, "udev"), ::testing::ElementsAre("WARNING: 60-tinyrig.rules is not installed"));
  EXPECT_THAT(of_check(report, "grabbers"), ::testing::ElementsAre(HasSubstr("WARNING: ModemManager runs")));
  EXPECT_EQ(of_check(report, "clock").size(), 1U);
  EXPECT_EQ(of_check(report, "disk").size(), 1U);
  EXPECT_THAT(of_check(report, "files")[0], HasSubstr("272 are enough for 2 boards"));
}

TEST_F(DoctorFactsTest, BoardsThatTheFarmFileNamesByUsbAreLookedFor) {
  machine_.usb("1-1", {{"idVendor", "0483"}, {"idProduct", "374b"}, {"serial", "A1"}});
  machine_.usb_tty("1-1", 2, "ttyACM0");
  const std::string port = machine_.dev("ttyACM0");
  const v1::DoctorReport report = examined(
      "[[board]]\nid = \"a\"\ntype = \"host\"\nusb = \"0483:374b:A1\"\n"
      "[[board]]\nid = \"b\"\ntype = \"host\"\nusb = \"0483:374b:B2\"\n");
  EXPECT_THAT(of_check(report, "port"), ::testing::ElementsAre("OK: " + port + " may be opened",
                                                               "PROBLEM: USB device 0483:374b:B2 is not there"));
}

TEST_F(DoctorFactsTest, RulesThatAreInstalledSettleModemManagerToo) {
  machine_.write(machine_.root() / "rules/60-tinyrig.rules", "");
  machine_.write(machine_.places().proc / "9/comm", "ModemManager\n");
  const v1::DoctorReport report = examined("");
  EXPECT_THAT(of_check(report, "udev"), ::testing::ElementsAre(HasSubstr("OK: rules installed: ")));
  EXPECT_THAT(of_check(report, "grabbers"), ::testing::ElementsAre("OK: no service opens ports by itself"));
}

TEST_F(DoctorFactsTest, EveryBoardThatCannotBeUsedIsNamed) {
  std::string farm;
  for (const auto& [id, type] : std::vector<std::pair<std::string, std::string>>{
           {"a", "host"}, {"b", "pico2"}, {"c", "nonesuch"}, {"d", "teensy40"}}) {
    farm += "[[board]]\nid = \"" + id + "\"\ntype = \"" + type + "\"\nport = \"/no/" + id + "\"\n";
  }
  EXPECT_THAT(of_check(examined(farm), "farm"),
              ::testing::ElementsAre(HasSubstr("board 'b' is a pico2"), HasSubstr("the unknown type 'nonesuch'"),
                                     HasSubstr("board 'd' is a teensy40")));
}

TEST_F(DoctorFactsTest, AFarmFileThatIsBrokenIsOneProblemOfMany) {
  const v1::DoctorReport report = examined("x = 1");
  EXPECT_THAT(of_check(report, "farm"), ::testing::ElementsAre(HasSubstr("PROBLEM: ")));
  EXPECT_EQ(of_check(report, "clock").size(), 1U);
}

TEST_F(DoctorFactsTest, PortsTellModeAndHolders) {
  machine_.write(machine_.dev("ttyACM0"), "");
  std::filesystem::permissions(machine_.dev("ttyACM0"), std::filesystem::perms(0640));
  machine_.write(machine_.places().proc / "8/comm", "minicom\n");
  std::filesystem::create_directories(machine_.places().proc / "8/fd");
  std::filesystem::create_symlink(machine_.dev("ttyACM0"), machine_.places().proc / "8/fd/3");
  const PortFacts facts = port_facts(machine_.places(), machine_.dev("ttyACM0"));
  EXPECT_TRUE(facts.exists);
  EXPECT_TRUE(facts.may_open);
  EXPECT_EQ(facts.mode, 0640U);
  EXPECT_FALSE(facts.group.empty());
  EXPECT_THAT(facts.holders, ::testing::ElementsAre("minicom (8)"));
}

TEST_F(DoctorFactsTest, LimitsAreReadFromProc) {
  machine_.write(machine_.places().proc / "sys/kernel/pty/max", "4096\n");
  machine_.write(machine_.places().proc / "sys/kernel/pty/nr", "17\n");
  const LimitFacts facts = limit_facts(machine_.places(), 3);
  EXPECT_EQ(facts.ptys, 4096U);
  EXPECT_EQ(facts.ptys_used, 17U);
  EXPECT_EQ(facts.boards, 3U);
  EXPECT_GT(facts.open_files, 0U);
}

TEST_F(DoctorFactsTest, AFolderThatWillBeMadeIsOnTheDiskOfItsParent) {
  const DiskFacts facts = disk_facts(machine_.root() / "not/yet");
  EXPECT_EQ(facts.folder, machine_.root().string());
  EXPECT_GT(facts.free_bytes, 0U);
}

}  // namespace
}  // namespace tinyrig::discovery
