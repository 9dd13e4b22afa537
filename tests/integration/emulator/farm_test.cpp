// The emulated farm as a whole: cables, power, crashes, and leaving nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "emulator/unit_id.h"
#include "server/base/error.h"
#include "server/flash/firmware.h"
#include "server/flash/gdb_remote_flasher.h"
#include "server/link/agent_session.h"
#include "server/link/serial_port.h"
#include "tests/integration/emulator/run_awaitable.h"
#include "tests/support/emulator/console.h"
#include "tests/support/emulator/farm_process.h"

namespace tinyrig {
namespace {

using test::Console;
using test::FarmProcess;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kBoard[] = "emu-an386-1";

// Tells when a process that is not our child has ended.
class ProcessEnd {
 public:
  explicit ProcessEnd(int pid) : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ~ProcessEnd() { ::close(fd_); }
  bool comes() const {
    pollfd state{fd_, POLLIN, 0};
    return fd_ >= 0 && ::poll(&state, 1, 20'000) == 1;
  }

 private:
  const int fd_;
};

absl::Status flash_bringup(FarmProcess& farm, const char* board = kBoard, const char* type = "mps2-an386") {
  boost::asio::io_context context;
  const auto firmware = flash::load_firmware(farm.environment().firmware, type, "tinyrig-bringup");
  if (!firmware.ok()) return firmware.status();
  const auto flasher = flash::make_gdb_remote_flasher({farm.flasher_endpoint(board)});
  return test::run(context, flasher->flash(firmware->image, {})).status();
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

TEST(Farm, WritesAFarmFileThatNamesEverything) {
  FarmProcess farm({"--boards", "mps2-an386=2,microbit", "--write-farm", "/proc/self/fd/2"});
  EXPECT_EQ(farm.wait(), 1);  // not a place for a file
  EXPECT_THAT(farm.log(), HasSubstr("cannot write"));

  const std::string file = std::filesystem::temp_directory_path() / ("tinyrig-farm-" + std::to_string(::getpid()));
  FarmProcess good({"--boards", "mps2-an386=2,microbit", "--write-farm", file});
  ASSERT_TRUE(good.wait_for_log("3 boards are on")) << good.log();
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  std::filesystem::remove(file);
  for (const char* id : {"emu-an386-1", "emu-an386-2", "emu-microbit-1"}) {
    EXPECT_THAT(text, HasSubstr(std::string("id = \"") + id + "\""));
    EXPECT_THAT(text, HasSubstr("endpoint = \"" + good.flasher_endpoint(id) + "\""));
    EXPECT_THAT(text, HasSubstr(std::string("outlet = \"") + id + "\""));
    EXPECT_TRUE(Console(good.port(id)).is_open());
  }
}

TEST(Farm, AnUnpluggedBoardHangsUpAndComesBackAsItWas) {
  FarmProcess farm({"--boards", "mps2-an386"});
  ASSERT_TRUE(farm.wait_for_log("boards are on"));
  ASSERT_TRUE(flash_bringup(farm).ok());
  Console before(farm.port(kBoard));
  ASSERT_EQ(before.line(), "bringup ready");
  ASSERT_EQ(before.ask("r"), "bringup ready");  // boot count 2 from here
  ASSERT_EQ(farm.control("unplug emu-an386-1"), "ok\n");
  EXPECT_TRUE(before.hung_up());
  EXPECT_FALSE(std::filesystem::exists(farm.port(kBoard)));
  EXPECT_EQ(farm.status(kBoard, "plugged"), "no");
  EXPECT_EQ(farm.status(kBoard, "state"), "running");
  ASSERT_EQ(farm.control("plug emu-an386-1"), "ok\n");
  Console after(farm.port(kBoard));
  EXPECT_EQ(test::field_of(after.ask("i"), "boot"), "2");
}

TEST(Farm, PowerIsSwitched) {
  FarmProcess farm({"--boards", "mps2-an386"});
  ASSERT_TRUE(farm.wait_for_log("boards are on"));
  ASSERT_TRUE(flash_bringup(farm).ok());
  Console console(farm.port(kBoard));
  ASSERT_EQ(console.line(), "bringup ready");
  EXPECT_EQ(farm.control("power emu-an386-1 off"), "ok\n");
  EXPECT_EQ(farm.control("power emu-an386-1 off"), "ok\n");
  EXPECT_EQ(farm.status(kBoard, "state"), "off");
  EXPECT_EQ(farm.status(kBoard, "pid"), "0");
  EXPECT_THAT(farm.control("reset emu-an386-1"), StartsWith("error BOARD_OFF"));
  ASSERT_TRUE(console.send("i\n"));  // into the void
  const absl::Status flashed = flash_bringup(farm);
  EXPECT_EQ(reason_of(flashed), "FLASHER_LOST");
  EXPECT_EQ(farm.control("power emu-an386-1 on"), "ok\n");
  EXPECT_EQ(console.line(), "bringup ready");  // and nothing of the "i"
  EXPECT_EQ(test::field_of(console.ask("i"), "boot"), "1");
}

TEST(Farm, ACrashedBoardStaysOffUntilItsPowerIsCycled) {
  FarmProcess farm({"--boards", "mps2-an386"});
  ASSERT_TRUE(farm.wait_for_log("boards are on"));
  ASSERT_TRUE(flash_bringup(farm).ok());
  Console console(farm.port(kBoard));
  ASSERT_EQ(console.line(), "bringup ready");
  ASSERT_EQ(farm.control("crash emu-an386-1"), "ok\n");
  ASSERT_TRUE(farm.wait_for_log("crashed, signal 9"));
  EXPECT_EQ(farm.status(kBoard, "state"), "crashed");
  EXPECT_EQ(farm.control("power emu-an386-1 on"), "ok\n");
  EXPECT_EQ(farm.status(kBoard, "state"), "crashed");
  EXPECT_EQ(farm.control("power emu-an386-1 cycle"), "ok\n");
  EXPECT_EQ(console.line(), "bringup ready");
}

// An image whose stack pointer leads nowhere: QEMU itself gives up ("Lockup"), the farm does not.
TEST(Farm, FirmwareThatLocksTheCoreUpIsABoardCrash) {
  FarmProcess farm({"--boards", "mps2-an386"});
  ASSERT_TRUE(farm.wait_for_log("boards are on"));
  flash::FirmwareImage image;
  image.segments.push_back({0, {0x00, 0x00, 0x00, 0x90, 0x01, 0x00, 0x00, 0x90}});
  boost::asio::io_context context;
  const auto flasher = flash::make_gdb_remote_flasher({farm.flasher_endpoint(kBoard)});
  // The core may lock up before the probe has said that the board runs.
  const absl::Status flashed = test::run(context, flasher->flash(image, {})).status();
  ASSERT_TRUE(flashed.ok() || reason_of(flashed) == "FLASHER_LOST") << flashed;
  ASSERT_TRUE(farm.wait_for_log("crashed, signal 6")) << farm.log();
  EXPECT_THAT(farm.log(), HasSubstr("Lockup"));
  EXPECT_EQ(farm.status(kBoard, "state"), "crashed");
}

TEST(Farm, ReadsTheUnitBeforeAnythingIsFlashed) {
  FarmProcess farm({"--boards", "mps2-an386=2"});
  ASSERT_TRUE(farm.wait_for_log("boards are on"));
  boost::asio::io_context context;
  const auto flasher = flash::make_gdb_remote_flasher({farm.flasher_endpoint("emu-an386-2")});
  const auto block = test::run(context, flasher->read(0x0007FFE0, 32));
  ASSERT_TRUE(block.ok()) << block.status();
  const auto expected = emulator::unit_block_of(emulator::unit_id_of("emu-an386-2"));
  EXPECT_EQ(*block, std::vector<std::uint8_t>(expected.begin(), expected.end()));
  EXPECT_NE(emulator::unit_id_of("emu-an386-1"), emulator::unit_id_of("emu-an386-2"));
  EXPECT_EQ(farm.status("emu-an386-2", "state"), "blank");
}

TEST(Farm, ReadingARunningBoardLetsItRunOn) {
  FarmProcess farm({"--boards", "mps2-an386"});
  ASSERT_TRUE(farm.wait_for_log("boards are on"));
  ASSERT_TRUE(flash_bringup(farm).ok());
  Console console(farm.port(kBoard));
  ASSERT_EQ(console.line(), "bringup ready");
  boost::asio::io_context context;
  const auto flasher = flash::make_gdb_remote_flasher({farm.flasher_endpoint(kBoard)});
  ASSERT_TRUE(test::run(context, flasher->read(0, 64)).ok());
  EXPECT_EQ(test::field_of(console.ask("i"), "boot"), "1");
}

TEST(Farm, BoardsComeWithFirmwareWhenAsked) {
  FarmProcess farm({"--boards", "microbit", "--firmware-dir", FarmProcess::environment().firmware, "--preload"});
  ASSERT_TRUE(farm.wait_for_log("boards are on")) << farm.log();
  EXPECT_EQ(farm.status("emu-microbit-1", "state"), "running");
}

TEST(Farm, HostAgentsAreBoardsToo) {
  FarmProcess farm({"--boards", "host=3", "--host-agent", TINYRIG_AGENT_HOST});
  ASSERT_TRUE(farm.wait_for_log("3 boards are on")) << farm.log();
  boost::asio::io_context context;
  auto port = link::SerialPort::open(context.get_executor(), farm.port("host-2"));
  ASSERT_TRUE(port.ok()) << port.status();
  link::AgentSession session(*std::move(port));
  for (int round = 0; round < 2; ++round) {
    const auto hello = test::run(context, session.hello(std::chrono::seconds(20)));
    ASSERT_TRUE(hello.ok()) << hello.status();
    const emulator::UnitId unit = emulator::unit_id_of("host-2");
    EXPECT_EQ(hello->unit_id(), std::string(unit.begin(), unit.end()));
    ASSERT_EQ(farm.control("power host-2 cycle"), "ok\n");
  }
}

TEST(Farm, AnOrderlyEndLeavesNothingButFlash) {
  FarmProcess farm({"--boards", "mps2-an386,microbit"});
  ASSERT_TRUE(farm.wait_for_log("boards are on"));
  ASSERT_TRUE(flash_bringup(farm).ok());
  const ProcessEnd first(std::stoi(farm.status("emu-an386-1", "pid"))),
      second(std::stoi(farm.status("emu-microbit-1", "pid")));
  EXPECT_EQ(farm.terminate(), 0);
  EXPECT_TRUE(first.comes());
  EXPECT_TRUE(second.comes());
  EXPECT_THAT(names_in(farm.run_folder()), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(farm.state_folder() / "emu-an386-1" / "flash-00000000.bin"));
}

TEST(Farm, BoardsDieWithAKilledEmulatorAndFlashIsStillThere) {
  FarmProcess farm({"--boards", "mps2-an386"});
  ASSERT_TRUE(farm.wait_for_log("boards are on"));
  ASSERT_TRUE(flash_bringup(farm).ok());
  const ProcessEnd board(std::stoi(farm.status(kBoard, "pid")));
  farm.kill();
  EXPECT_TRUE(board.comes());
  // Another one takes over the same folders, leftovers and all.
  FarmProcess next({"--boards", "mps2-an386", "--dir", farm.run_folder(), "--state", farm.state_folder()});
  ASSERT_TRUE(next.wait_for_log("boards are on")) << next.log();
  EXPECT_THAT(next.log(), HasSubstr("emu-an386-1: power on, running"));
}

TEST(Farm, OneEmulatorPerFolder) {
  FarmProcess farm({"--boards", "microbit"});
  ASSERT_TRUE(farm.wait_for_log("boards are on"));
  FarmProcess second({"--boards", "microbit", "--dir", farm.run_folder()});
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.log(), HasSubstr("another tinyrig-emu uses"));
  EXPECT_EQ(farm.status("emu-microbit-1", "state"), "blank");
}

TEST(Farm, SaysWhatIsMissing) {
  FarmProcess no_qemu({"--boards", "rv32-virt"}, {"PATH=/nonexistent"});
  EXPECT_EQ(no_qemu.wait(), 1);
  EXPECT_THAT(no_qemu.log(), HasSubstr("apt-get install qemu-system-misc"));
  FarmProcess no_firmware({"--boards", "microbit", "--firmware-dir", "/nonexistent"});
  EXPECT_EQ(no_firmware.wait(), 1);
  EXPECT_THAT(no_firmware.log(), HasSubstr("./rig firmware microbit"));
  FarmProcess no_type({"--boards", "atari"});
  EXPECT_EQ(no_type.wait(), 1);
  EXPECT_THAT(no_type.log(), HasSubstr("there are: host microbit"));
  FarmProcess no_agent({"--boards", "host"});
  EXPECT_EQ(no_agent.wait(), 1);
  EXPECT_THAT(no_agent.log(), HasSubstr("--host-agent"));
  FarmProcess bad_count({"--boards", "microbit=none"});
  EXPECT_EQ(bad_count.wait(), 2);
}

TEST(Farm, ControlRefusesWhatItDoesNotKnow) {
  FarmProcess farm({"--boards", "microbit"});
  ASSERT_TRUE(farm.wait_for_log("boards are on"));
  EXPECT_THAT(farm.control("power emu-microbit-9 on"), StartsWith("error BOARD_UNKNOWN"));
  for (const char* request : {"", "power", "power emu-microbit-1", "power emu-microbit-1 up", "explode emu-microbit-1",
                              "reset emu-microbit-1 now", "power emu-microbit-1 on please"}) {
    EXPECT_THAT(farm.control(request), StartsWith("error BAD_REQUEST")) << request;
  }
}

}  // namespace
}  // namespace tinyrig
