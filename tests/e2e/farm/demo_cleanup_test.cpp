// Ctrl-C in the middle of the demo, and every other end: no process, socket or folder stays behind.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A port that was free a moment ago.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

// ./rig demo, in a folder of its own.
struct DemoFolder {
  DemoFolder() {
    std::filesystem::create_directories(build);
    std::filesystem::create_directories(temporary);
    std::filesystem::create_directory_symlink(TINYRIG_BINARY_DIR, build / "dev");
    std::filesystem::create_directory_symlink(programs().firmware, build / "firmware");
  }
  const ShortFolder folder;
  const std::filesystem::path build = folder.path() / "build", temporary = folder.path() / "tmp";
};

TEST(DemoCleanupTest, CtrlCInMidRunLeavesNothingBehind) {
  const DemoFolder made;
  const auto& [folder, build, temporary] = made;
  const int grpc_port = free_port(), http_port = free_port();
  Process demo({(programs().source / "scripts" / "demo.sh").string(), build.string(), "--port",
                std::to_string(http_port), "--grpc-port", std::to_string(grpc_port)},
               folder.path() / "demo.log", {"TMPDIR=" + temporary.string()});

  Api api(static_cast<std::uint16_t>(grpc_port));
  ASSERT_TRUE(wait_until(demo, within(seconds(200)), [&] {
    if (demo.output().find("== Benchmark") == std::string::npos) return false;
    for (const std::string type : {"mps2-an386", "mps2-an500", "rv32-virt", "microbit"}) {
      for (const v1::Board& board : api.boards(type)) {
        if (board.activity() == v1::ACTIVITY_BUSY) return true;
      }
    }
    return false;
  })) << demo.output();
  EXPECT_FALSE(processes_with(folder.path().string() + "/").empty());

  demo.signal_group(SIGINT);
  EXPECT_EQ(demo.wait(within(seconds(60))), 130) << demo.output();
  EXPECT_THAT(names_in(temporary), IsEmpty());
  EXPECT_THAT(processes_with(folder.path().string() + "/"), IsEmpty());
}

// Somebody else's daemon answers on the demo's port: it gets no work.
TEST(DemoCleanupTest, ATakenPortEndsTheDemo) {
  const DemoFolder made;
  const auto& [folder, build, temporary] = made;
  const ShortFolder elsewhere;
  Emulator emulator(elsewhere.path(), "host");
  Daemon stranger(elsewhere.path(), {.farm_files = {emulator.farm_file()}});
  Process demo({(programs().source / "scripts" / "demo.sh").string(), build.string(), "--once", "--port",
                std::to_string(free_port()), "--grpc-port", std::to_string(stranger.grpc_port())},
               folder.path() / "demo.log", {"TMPDIR=" + temporary.string()});
  EXPECT_EQ(demo.wait(within(seconds(200))), 4) << demo.output();
  EXPECT_THAT(demo.output(), HasSubstr("the port is in use"));
  EXPECT_THAT(demo.output(), ::testing::Not(HasSubstr("== Models")));
  EXPECT_THAT(names_in(temporary), IsEmpty());
}

class EndingTest : public ::testing::TestWithParam<int> {};

TEST_P(EndingTest, EmulatorAndDaemonTakeEverythingWithThem) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "microbit,mps2-an386,host");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  const std::vector<pid_t> boards = {emulator.board_pid("emu-microbit-1"), emulator.board_pid("emu-an386-1"),
                                     emulator.board_pid("host-1")};
  daemon.process().signal(GetParam());
  EXPECT_EQ(daemon.process().wait(within(seconds(30))), GetParam() == SIGKILL ? 137 : 0) << daemon.log();
  emulator.process().signal(GetParam());
  EXPECT_EQ(emulator.process().wait(within(seconds(30))), GetParam() == SIGKILL ? 137 : 0)
      << emulator.process().output();
  // Of a killed emulator the kernel ends the boards, a moment later.
  for (const pid_t board : boards) EXPECT_TRUE(gone(board, within(seconds(30)))) << board;
  EXPECT_THAT(processes_with(folder.path().string() + "/"), IsEmpty());
  if (GetParam() != SIGKILL) {
    EXPECT_THAT(names_in(emulator.run_folder()), ::testing::ElementsAre("farm.toml"));
  }
}

INSTANTIATE_TEST_SUITE_P(Signals, EndingTest, ::testing::Values(SIGTERM, SIGINT, SIGKILL),
                         [](const auto& tested) { return std::string(::sigabbrev_np(tested.param)); });

}  // namespace
}  // namespace tinyrig::test
