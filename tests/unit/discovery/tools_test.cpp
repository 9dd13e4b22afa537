// Which tools are needed, and what those that are here say of themselves.
#include "server/discovery/tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/support/discovery/fake_machine.h"

namespace tinyrig::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A PATH of the test's own, with programs in it.
class ToolsTest : public ::testing::Test {
 protected:
  ToolsTest() : path_(std::getenv("PATH")) { ::setenv("PATH", folder().c_str(), 1); }
  ~ToolsTest() override { ::setenv("PATH", path_.c_str(), 1); }
  void program(const std::string& name, const std::string& script) {
    machine_.write(folder() / name, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(folder() / name, std::filesystem::perms(0755));
  }
  ToolState look_for(const std::string& name, std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    const std::vector<ToolState> states = look_for_tools({{{name}, "a board"}}, patience);
    const auto state = std::ranges::find(states, name, &ToolState::name);
    return state == states.end() ? ToolState{} : *state;
  }
  std::filesystem::path folder() const { return machine_.root() / "bin"; }

  test::FakeMachine machine_;
  const std::string path_;
};

TEST_F(ToolsTest, TheVersionIsWhatTheProgramSaysWhateverItsExitCode) {
  program("openocd", "[ \"$1\" = --version ] && echo 'Open On-Chip Debugger 0.12.0' >&2; exit 1");
  const ToolState state = look_for("openocd");
  EXPECT_TRUE(state.installed);
  EXPECT_EQ(state.version, "0.12.0");
  EXPECT_FALSE(state.hangs);
}

TEST_F(ToolsTest, OneThatHangsIsSaidSo) {
  program("openocd", "exec /bin/sleep 1000");
  const ToolState state = look_for("openocd", std::chrono::milliseconds(50));
  EXPECT_TRUE(state.installed);
  EXPECT_TRUE(state.hangs);
  EXPECT_EQ(state.version, "");
}

TEST_F(ToolsTest, WhatIsNoProgramIsNotInstalled) {
  EXPECT_FALSE(look_for("openocd").installed);
  machine_.write(folder() / "openocd", "not executable");
  std::filesystem::create_directories(folder() / "uhubctl");
  EXPECT_FALSE(look_for("uhubctl").installed);
  EXPECT_FALSE(look_for("openocd").installed);
}

TEST_F(ToolsTest, AProgramThatOnlyARecipeKnowsIsLookedForAndNotStarted) {
  program("ours", "exec /bin/sleep 1000");
  EXPECT_TRUE(look_for("ours").installed);
  EXPECT_TRUE(look_for(folder() / "ours").installed);
  EXPECT_FALSE(look_for("/no/such/ours").installed);
}

TEST(ToolNeedsTest, OfTheFarmAndOfWhatIsPluggedIn) {
  boards::CatalogEntry m4, riscv, host, pico;
  m4.type.set_id("m4");
  m4.type.set_emulated(true);
  m4.core = packed::Core::kCortexM4;
  riscv.type.set_id("riscv");
  riscv.type.set_emulated(true);
  riscv.core = packed::Core::kRv32imac;
  host.type.set_id("host");
  host.type.set_emulated(true);
  pico.type.set_id("pico");
  pico.core = packed::Core::kCortexM0;
  std::vector<boards::FarmBoard> farm(5);
  farm[0].id = "m4-1", farm[0].type = "m4";
  farm[1].id = "m4-2", farm[1].type = "m4";
  farm[2].id = "riscv-1", farm[2].type = "riscv";
  farm[3].id = "host-1", farm[3].type = "host";
  farm[4].id = "pico-1", farm[4].type = "pico";
  farm[2].flasher.emplace().kind = "gdb-remote";  // built in
  flash::Recipe of_type, of_board;
  of_type.probe.argv = {"picotool", "info"};
  of_type.write.argv = {"picotool", "load", "{image}"};
  pico.flasher.recipe = of_type;
  of_board.write.argv = {"/opt/our-flasher"};
  farm[3].flasher.emplace().kind = "command";
  farm[3].flasher->recipe = of_board;
  farm[4].flasher.emplace().kind = "command";  // by the recipe of its type
  farm[4].power =
      boards::PowerSetup{.kind = "uhubctl", .endpoint = "", .outlet = "1-1 port 2", .cycle = {"uhubctl", "-l", "1-1"}};
  v1::ScanReport plugged;
  v1::FoundBoard& nucleo = *plugged.add_boards();
  nucleo.set_name("Nucleo");
  nucleo.set_usb_path("1-1");
  nucleo.add_flash_tools("openocd");
  nucleo.add_flash_tools("st-flash");
  plugged.add_boards()->set_name("adapter");
  std::vector<std::string> needs;
  for (const ToolNeed& need : tool_needs(farm, {m4, riscv, host, pico}, plugged)) {
    std::string text;
    for (const std::string& tool : need.any_of) text += tool + " ";
    needs.push_back(text + "for " + need.needed_by);
  }
  EXPECT_THAT(needs,
              ElementsAre("/opt/our-flasher for host-1", "openocd st-flash for Nucleo at 1-1", "picotool for pico-1",
                          "qemu-system-arm for m4-1, m4-2", "qemu-system-riscv32 for riscv-1", "uhubctl for pico-1"));
  EXPECT_THAT(tool_needs({}, {}, {}), IsEmpty());
}

TEST(ToolVersionTest, IsTheFirstNumberWithADot) {
  EXPECT_EQ(version_in("Open On-Chip Debugger 0.12.0\nLicensed"), "0.12.0");
  EXPECT_EQ(version_in("Usage: avrdude [options]\n  -B 9\navrdude version 7.1, URL: <x>"), "7.1");
  EXPECT_EQ(version_in("v1.7.0"), "1.7.0");
  EXPECT_EQ(version_in("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg)"), "7.2.22");
  EXPECT_EQ(version_in("stm32 2. and 3"), "");
  EXPECT_EQ(version_in(""), "");
}

}  // namespace
}  // namespace tinyrig::discovery
