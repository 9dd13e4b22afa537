// A person's hands on a board: its raw line and its flash, through the API and the command line.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <optional>
#include <thread>

#include "tests/support/rig/rig.h"
#include "tinyrig/v1/board_access.grpc.pb.h"
#include "tinyrig/v1/common.pb.h"

namespace tinyrig::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

// The board's end of a line.
class Line {
 public:
  Line() {
    char name[64];
    termios raw{};
    ::cfmakeraw(&raw);
    EXPECT_EQ(::openpty(&master_, &slave_, name, &raw, nullptr), 0);
    // The daemon must not have the board's end.
    ::fcntl(master_, F_SETFD, FD_CLOEXEC);
    ::fcntl(slave_, F_SETFD, FD_CLOEXEC);
    path = name;
  }
  ~Line() {
    unplug();
    if (slave_ >= 0) ::close(slave_);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void say(const std::string& bytes) const {
    std::size_t at = 0;
    while (at < bytes.size()) {
      const ssize_t count = ::write(master_, bytes.data() + at, bytes.size() - at);
      ASSERT_GT(count, 0);
      at += static_cast<std::size_t>(count);
    }
  }
  // What came by the time that so many bytes have, or nothing does for a while.
  std::string hear(std::size_t most, milliseconds patience = seconds(10)) const {
    std::string bytes;
    while (bytes.size() < most) {
      pollfd wait{master_, POLLIN, 0};
      char buffer[4096];
      if (::poll(&wait, 1, static_cast<int>(patience.count())) <= 0) break;
      const ssize_t count = ::read(master_, buffer, std::min(sizeof buffer, most - bytes.size()));
      if (count <= 0) break;
      bytes.append(buffer, static_cast<std::size_t>(count));
    }
    return bytes;
  }
  void unplug() {
    if (master_ >= 0) ::close(std::exchange(master_, -1));
  }

  std::string path;

 private:
  int master_ = -1, slave_ = -1;
};

// One OpenConsole call.
class ConsoleCall {
 public:
  ConsoleCall(v1::BoardAccessService::Stub& stub, const v1::BoardAccess& access)
      : stream_(stub.OpenConsole(&context_)) {
    context_.set_deadline(std::chrono::system_clock::now() + seconds(60));
    v1::OpenConsoleRequest request;
    *request.mutable_start()->mutable_access() = access;
    stream_->Write(request);
  }
  bool opened() {
    v1::OpenConsoleResponse message;
    return stream_->Read(&message) && message.has_opened();
  }
  void say(const std::string& bytes) {
    v1::OpenConsoleRequest request;
    request.set_data(bytes);
    stream_->Write(request);
  }
  std::string hear(std::size_t bytes) {
    v1::OpenConsoleResponse message;
    std::string all;
    while (all.size() < bytes && stream_->Read(&message)) all += message.data();
    return all;
  }
  void leave() { stream_->WritesDone(); }
  void hang_up() { context_.TryCancel(); }
  // "" when it ended well.
  std::string end() {
    v1::OpenConsoleResponse message;
    while (stream_->Read(&message)) {
    }
    const grpc::Status status = stream_->Finish();
    v1::ErrorDetail detail;
    const auto& trailers = context_.GetServerTrailingMetadata();
    if (const auto found = trailers.find("tinyrig-error-bin"); found != trailers.end()) {
      detail.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()));
    }
    return status.ok() ? "" : detail.reason().empty() ? status.error_message() : detail.reason();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::OpenConsoleRequest, v1::OpenConsoleResponse>> stream_;
};

std::string every_byte(std::size_t count, int seed) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i)
    bytes[i] = static_cast<char>((i * 7 + i / 256 + static_cast<std::size_t>(seed)) & 0xFF);
  return bytes;
}

class ConsoleTest : public ::testing::Test {
 protected:
  ConsoleTest() {
    std::ofstream(folder_.path() / "farm.toml")
        << "[[board]]\nid = \"b\"\ntype = \"host\"\nport = \"" << line_.path << "\"\n";
    daemon_.emplace(folder_.path(), DaemonOptions{.farm_files = {folder_.path() / "farm.toml"}});
    stub_ = v1::BoardAccessService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(daemon_->grpc_port()), grpc::InsecureChannelCredentials()));
  }
  v1::BoardAccess reserve() {
    v1::BoardAccess access;
    access.set_board_id("b");
    access.set_owner("ann@lab");
    const Ended reserved = daemon_->cli({"board", "reserve", "b", "--for", "1h", "--owner", "ann@lab"});
    EXPECT_EQ(reserved.exit_code, 0) << reserved.output;
    access.set_token(reserved.output.substr(reserved.output.find("token ") + 6, 32));
    return access;
  }
  // Opened, and what the daemon had said to the board before is out of the way.
  std::unique_ptr<ConsoleCall> open(const v1::BoardAccess& access) {
    auto console = std::make_unique<ConsoleCall>(*stub_, access);
    EXPECT_TRUE(console->opened()) << daemon_->log();
    line_.hear(1 << 20, milliseconds(50));
    return console;
  }
  std::string end_of(const v1::BoardAccess& access) { return ConsoleCall(*stub_, access).end(); }

  const ShortFolder folder_;
  Line line_;
  std::optional<Daemon> daemon_;
  std::unique_ptr<v1::BoardAccessService::Stub> stub_;
};

TEST_F(ConsoleTest, CarriesEveryByteBothWays) {
  const auto console = open(reserve());
  for (int round = 0; round < 20; ++round) {
    const std::string from_board = every_byte(3000, round), to_board = every_byte(3000, round + 100);
    line_.say(from_board);
    console->say(to_board);
    ASSERT_EQ(console->hear(from_board.size()), from_board);
    ASSERT_EQ(line_.hear(to_board.size()), to_board);
  }
  console->leave();
  EXPECT_EQ(console->end(), "");
  const std::string log = daemon_->cli({"board", "log", "b"}).output;
  EXPECT_THAT(log, HasSubstr("console opened by ann@lab"));
  EXPECT_THAT(log, HasSubstr("console closed by ann@lab"));
}

TEST_F(ConsoleTest, ASlowReaderLosesNothing) {
  const auto console = open(reserve());
  const std::string much = every_byte(1 << 20, 3);
  std::thread board([&] { line_.say(much); });
  // Nothing is read until the line takes no more: all buffers on the way are full, or hold all of it.
  console->say("x");
  EXPECT_EQ(line_.hear(1), "x");
  EXPECT_TRUE(console->hear(much.size()) == much);
  board.join();
  console->leave();
  EXPECT_EQ(console->end(), "");
}

TEST_F(ConsoleTest, IsForWhoHoldsTheBoardAndForOneAtATime) {
  v1::BoardAccess nobody;
  nobody.set_board_id("b");
  EXPECT_EQ(end_of(nobody), "BOARD_NOT_HELD");
  const v1::BoardAccess ann = reserve();
  EXPECT_EQ(end_of(nobody), "RESERVATION_NOT_YOURS");
  v1::BoardAccess elsewhere = ann;
  elsewhere.set_board_id("nonsense");
  EXPECT_EQ(end_of(elsewhere), "BOARD_UNKNOWN");
  const auto console = open(ann);
  EXPECT_EQ(end_of(ann), "BOARD_VISITED");
  console->hang_up();
  EXPECT_NE(console->end(), "");
  // The place is free again as soon as the daemon has seen that the client is gone.
  ASSERT_TRUE(wait_until(daemon_->process(), within(seconds(10)), [&] {
    return daemon_->cli({"board", "log", "b"}).output.find("console closed by ann@lab") != std::string::npos;
  }));
  const auto again = open(ann);
  again->leave();
  EXPECT_EQ(again->end(), "");

  grpc::ClientContext context;
  const auto stream = stub_->OpenConsole(&context);
  v1::OpenConsoleRequest request;
  request.set_data("x");
  stream->Write(request);
  EXPECT_THAT(stream->Finish().error_message(), HasSubstr("no start came"));
}

TEST_F(ConsoleTest, EndsWithTheHold) {
  const v1::BoardAccess ann = reserve();
  const auto console = open(ann);
  EXPECT_EQ(daemon_->cli({"board", "release", "b", "--force"}).exit_code, 0);
  EXPECT_EQ(console->end(), "HOLD_ENDED");
  EXPECT_NE(line_.hear(1), "") << "the daemon greets the board again";
}

TEST_F(ConsoleTest, EndsWithTheCable) {
  const auto console = open(reserve());
  line_.unplug();
  EXPECT_EQ(console->end(), "UNPLUGGED");
  EXPECT_EQ(daemon_->api().board("b").activity(), v1::ACTIVITY_LEASED);
}

TEST_F(ConsoleTest, EndsWithTheDaemon) {
  const auto console = open(reserve());
  daemon_->process().signal(SIGTERM);
  EXPECT_EQ(console->end(), "SERVER_STOPPING");
  EXPECT_EQ(daemon_->process().wait(within(seconds(20))), 0) << daemon_->log();
}

TEST_F(ConsoleTest, TheCommandLineReservesOpensAndReleases) {
  const std::string console = programs().cli + " --server 127.0.0.1:" + std::to_string(daemon_->grpc_port()) +
                              " board console b --owner bob@lab";
  Process piped({"bash", "-c", "echo status | " + console + " --quiet-ms 2000"}, folder_.path() / "piped.txt");
  std::string heard;
  ASSERT_TRUE(wait_until(piped, within(seconds(30)), [&] {
    heard += line_.hear(4096, milliseconds(10));
    return heard.ends_with("status\n");
  })) << piped.output();
  line_.say("all is well\n");
  EXPECT_EQ(piped.wait(within(seconds(30))), 0);
  EXPECT_THAT(piped.output(), HasSubstr("b is reserved for you until "));
  EXPECT_THAT(piped.output(), HasSubstr(line_.path + " at 115200 baud"));
  EXPECT_THAT(piped.output(), HasSubstr("all is well\n"));
  EXPECT_THAT(piped.output(), HasSubstr("b is released"));
  EXPECT_FALSE(daemon_->api().board("b").has_hold());

  Process interrupted({"bash", "-c", "sleep 1000 | exec " + console}, folder_.path() / "interrupted.txt");
  ASSERT_TRUE(wait_until(interrupted, within(seconds(30)), [&] {
    return interrupted.output().find(" baud") != std::string::npos;
  })) << interrupted.output();
  interrupted.signal_group(SIGINT);
  EXPECT_EQ(interrupted.wait(within(seconds(30))), 130) << interrupted.output();
  EXPECT_FALSE(daemon_->api().board("b").has_hold());
}

// Firmware of one's own, used by its line, and then the daemon's agent again; by itself, too.
TEST(BoardFlash, OtherFirmwareAndBack) {
  const ShortFolder folder;
  const Emulator emulator(folder.path(), "mps2-an386,host");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  ASSERT_TRUE(daemon.wait_for_idle("emu-an386-1", within(seconds(60)))) << daemon.log();
  const std::string agent = daemon.api().board("emu-an386-1").agent().build_id();
  const std::string bringup = (programs().firmware / "mps2-an386/tinyrig-bringup.elf").string();

  const Ended none = daemon.cli({"board", "flash", "host-1"});
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_THAT(none.output, HasSubstr("[NO_FLASHER]"));
  const Ended bad = daemon.cli({"board", "flash", "emu-an386-1", (programs().source / "README.md").string()});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.output, HasSubstr("it does not start with ELF's mark"));
  EXPECT_EQ(daemon.api().board("emu-an386-1").activity(), v1::ACTIVITY_IDLE) << "was not even reserved for it";

  const Ended drained = daemon.cli({"board", "drain", "emu-an386-1"});
  ASSERT_EQ(drained.exit_code, 0) << drained.output;
  const Ended other = daemon.cli({"board", "flash", "emu-an386-1", bringup});
  EXPECT_EQ(other.exit_code, 0) << other.output;
  EXPECT_THAT(other.output, HasSubstr("read back and compared"));
  const std::string console =
      programs().cli + " --server 127.0.0.1:" + std::to_string(daemon.grpc_port()) + " board console emu-an386-1";
  const Ended answer =
      run_program({"bash", "-c", "echo i | " + console + " --quiet-ms 2000"}, folder.path(), within(seconds(30)));
  EXPECT_THAT(answer.output, HasSubstr("board=mps2-an386 build=")) << "the bring-up program says who it is";

  const Ended back = daemon.cli({"board", "flash", "emu-an386-1"});
  EXPECT_EQ(back.exit_code, 0) << back.output;
  EXPECT_THAT(back.output, HasSubstr("agent " + agent + " answers"));
  EXPECT_EQ(daemon.cli({"board", "flash", "emu-an386-1", bringup}).exit_code, 0);
  EXPECT_EQ(daemon.cli({"board", "release", "emu-an386-1"}).exit_code, 0);
  EXPECT_TRUE(daemon.wait_for_idle("emu-an386-1", within(seconds(60)))) << "by the ladder: " << daemon.log();
  EXPECT_EQ(daemon.api().board("emu-an386-1").agent().build_id(), agent);
}

}  // namespace
}  // namespace tinyrig::test
