// SerialPort on PTYs: exclusive, raw, unplugged; and the host agent behind one.
#include "server/link/serial_port.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <filesystem>

#include "server/base/error.h"
#include "server/link/agent_session.h"
#include "tests/support/link/host_agent.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::link {
namespace {

using namespace std::chrono_literals;
using test::run;

class Pty {
 public:
  Pty() {
    char name[64];
    EXPECT_EQ(::openpty(&master, &slave, name, nullptr, nullptr), 0);
    path = name;
  }
  ~Pty() { unplug(); }
  void unplug() {
    if (master >= 0) {
      ::close(master);
      ::close(slave);
      master = slave = -1;
    }
  }
  int master = -1, slave = -1;
  std::string path;
};

Transport::Clock::time_point soon() { return Transport::Clock::now() + 2s; }

TEST(SerialPortTest, IsRawBothWays) {
  boost::asio::io_context io;
  Pty pty;
  auto port = SerialPort::open(io.get_executor(), pty.path);
  ASSERT_TRUE(port.ok()) << port.status();
  const std::vector<std::uint8_t> bytes = {0, 3, 4, 10, 13, 17, 19, 26, 28, 127, 255};
  ASSERT_TRUE(run(io, (*port)->write(bytes, soon())).ok());
  std::vector<std::uint8_t> there(64);
  ASSERT_EQ(::read(pty.master, there.data(), there.size()), static_cast<ssize_t>(bytes.size()));
  there.resize(bytes.size());
  EXPECT_EQ(there, bytes);
  ASSERT_EQ(::write(pty.master, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  std::vector<std::uint8_t> here(64);
  const auto count = run(io, (*port)->read_some(here, soon()));
  ASSERT_TRUE(count.ok()) << count.status();
  here.resize(*count);
  EXPECT_EQ(here, bytes);
}

TEST(SerialPortTest, AnIdleLineIsNoEndOfFile) {
  boost::asio::io_context io;
  Pty pty;
  auto port = SerialPort::open(io.get_executor(), pty.path);
  ASSERT_TRUE(port.ok());
  std::vector<std::uint8_t> buffer(8);
  const auto count = run(io, (*port)->read_some(buffer, Transport::Clock::now() + 20ms));
  EXPECT_TRUE(absl::IsDeadlineExceeded(count.status())) << count.status();
}

TEST(SerialPortTest, SecondOpenIsRefused) {
  boost::asio::io_context io;
  Pty pty;
  auto first = SerialPort::open(io.get_executor(), pty.path);
  ASSERT_TRUE(first.ok());
  auto second = SerialPort::open(io.get_executor(), pty.path);
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_EQ(reason_of(second.status()), "PORT_IN_USE");
  (*first)->close();
  auto third = SerialPort::open(io.get_executor(), pty.path);
  EXPECT_TRUE(third.ok()) << third.status();
}

TEST(SerialPortTest, UnpluggedIsUnavailable) {
  boost::asio::io_context io;
  Pty pty;
  auto port = SerialPort::open(io.get_executor(), pty.path);
  ASSERT_TRUE(port.ok());
  pty.unplug();
  std::vector<std::uint8_t> buffer(8);
  const auto count = run(io, (*port)->read_some(buffer, soon()));
  EXPECT_TRUE(absl::IsUnavailable(count.status())) << count.status();
  EXPECT_EQ(reason_of(count.status()), "UNPLUGGED");
  EXPECT_EQ(reason_of(run(io, (*port)->write(buffer, soon()))), "UNPLUGGED");
}

TEST(SerialPortTest, WrongPathsAreTold) {
  boost::asio::io_context io;
  EXPECT_EQ(reason_of(SerialPort::open(io.get_executor(), "/nonexistent/tty").status()), "PORT_NOT_FOUND");
  EXPECT_EQ(reason_of(SerialPort::open(io.get_executor(), "/dev/null").status()), "NOT_A_SERIAL_PORT");
}

TEST(SerialPortTest, AnySpeedIsTakenAndReadBack) {
  boost::asio::io_context io;
  Pty pty;
  auto port = SerialPort::open(io.get_executor(), pty.path);
  ASSERT_TRUE(port.ok());
  for (const std::uint32_t baud : {9600U, 115200U, 921600U, 1234567U, 3686400U}) {
    EXPECT_TRUE((*port)->set_baud(baud).ok()) << baud;
  }
  EXPECT_TRUE((*port)->set_dtr(true).ok());
  EXPECT_TRUE((*port)->set_dtr(false).ok());
}

TEST(SerialPortTest, DescriptorIsNotInherited) {
  boost::asio::io_context io;
  Pty pty;
  auto port = SerialPort::open(io.get_executor(), pty.path);
  ASSERT_TRUE(port.ok());
  int inherited = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    if (std::filesystem::read_symlink(entry.path(), error) == pty.path) {
      const int fd = std::stoi(entry.path().filename());
      inherited += fd != pty.slave && (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0 ? 1 : 0;
    }
  }
  EXPECT_EQ(inherited, 0);
}

TEST(SerialPortTest, AgentBehindAPtyAnswersAndSurvivesAReopen) {
  const std::string link = testing::TempDir() + "tinyrig_pty_" + std::to_string(::getpid());
  std::filesystem::remove(link);
  const test::HostAgent agent = test::HostAgent::on_pty(link, {"--unit-id", "77"});
  boost::asio::io_context io;
  for (int round = 0; round < 2; ++round) {
    // The link appears when the agent is ready: no sleep, but a bound.
    absl::StatusOr<std::unique_ptr<SerialPort>> port = absl::NotFoundError("");
    for (int i = 0; i < 2'000'000 && !port.ok(); ++i) {
      port = SerialPort::open(io.get_executor(), link);
    }
    ASSERT_TRUE(port.ok()) << port.status();
    AgentSession session(*std::move(port));
    const auto board = run(io, session.hello(5s));
    ASSERT_TRUE(board.ok()) << board.status();
    EXPECT_EQ(board->unit_id(), "w");
    EXPECT_TRUE(run(io, session.ping()).ok());
  }
  std::filesystem::remove(link);
}

}  // namespace
}  // namespace tinyrig::link
