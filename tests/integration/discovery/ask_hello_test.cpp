// HELLO to agents behind the ports of a made-up machine: one answers, one is held, one is silent.
#include "server/discovery/ask_hello.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "server/boards/builtin_catalog.h"
#include "server/boards/farm.h"
#include "server/discovery/farm_writer.h"
#include "server/link/serial_port.h"
#include "tests/integration/discovery/host_farm.h"
#include "tests/support/discovery/fake_machine.h"

namespace tinyrig::discovery {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class AskHelloTest : public HostFarm {
 protected:
  // A board on USB whose tty leads to `port`.
  void plug(const std::string& socket, const std::string& tty, const std::filesystem::path& port) {
    std::filesystem::create_symlink(port, machine_.dev(tty));
    machine_.usb(socket, {{"idVendor", "0483"}, {"idProduct", "374b"}, {"serial", "SN" + socket}});
    machine_.usb_tty(socket, 2, tty);
  }
  Found find(const std::vector<std::string>& ttys) {
    const auto table = builtin_usb_table();
    EXPECT_TRUE(table.ok());
    return find_boards(machine_.places(), *table, {ttys, {}, {"host"}});
  }
  void ask(std::chrono::milliseconds timeout, Found* found) {
    usb::Places places = machine_.places();
    places.proc = "/proc";  // the processes are real
    ask_hello(places, timeout, {"host"}, found);
  }

  test::FakeMachine machine_;
};

TEST_F(AskHelloTest, EveryPortTellsWhatItIs) {
  plug("1-1", "ttyACM0", farm_.port("host-1"));
  plug("1-2", "ttyACM1", farm_.port("host-2"));
  machine_.write(machine_.root() / "file", "");
  plug("1-3", "ttyACM2", machine_.root() / "file");
  boost::asio::io_context io;
  const auto holder = link::SerialPort::open(io.get_executor(), farm_.port("host-2"));
  ASSERT_TRUE(holder.ok()) << holder.status();
  Found found = find({"ttyACM0", "ttyACM1", "ttyACM2"});
  ASSERT_EQ(found.may_ask.size(), 3U);
  ask(20s, &found);

  const v1::FoundPort& answered = found.report.boards(0).ports(0);
  EXPECT_EQ(answered.state(), v1::PORT_STATE_ANSWERED) << answered.detail();
  EXPECT_EQ(answered.agent().board_type(), "host");
  EXPECT_EQ(answered.agent().unit_id().size(), 24U);
  EXPECT_EQ(answered.agent().build_id().size(), 16U);
  ASSERT_EQ(answered.agent().runtimes_size(), 2);
  EXPECT_EQ(answered.agent().runtimes(0).name(), "tinyrig");
  EXPECT_EQ(found.report.boards(0).board_type(), "host");

  const v1::FoundPort& held = found.report.boards(1).ports(0);
  EXPECT_EQ(held.state(), v1::PORT_STATE_IN_USE);
  EXPECT_THAT(held.detail(), HasSubstr("(" + std::to_string(::getpid()) + ") has it"));
  EXPECT_EQ(found.report.boards(1).board_type(), "");

  EXPECT_EQ(found.report.boards(2).ports(0).state(), v1::PORT_STATE_FAILED);
  EXPECT_EQ(found.report.boards(2).ports(0).detail(), "is no terminal device");
}

TEST_F(AskHelloTest, APortOnWhichNobodyAnswersIsSilent) {
  SilentPty silent;
  plug("1-1", "ttyACM0", silent.path);
  Found found = find({"ttyACM0"});
  ask(100ms, &found);
  EXPECT_EQ(found.report.boards(0).ports(0).state(), v1::PORT_STATE_SILENT);
  EXPECT_EQ(found.report.boards(0).ports(0).detail(), "no agent answers");
}

TEST_F(AskHelloTest, ThePortIsFreeAgainAndTheFarmFileOfItIsRead) {
  plug("1-1", "ttyACM0", farm_.port("host-1"));
  plug("1-2", "ttyACM1", farm_.port("host-2"));
  machine_.link("serial/by-id", "usb-one-if02", "ttyACM0");
  Found found = find({"ttyACM0", "ttyACM1"});
  ask(20s, &found);
  boost::asio::io_context io;
  EXPECT_TRUE(link::SerialPort::open(io.get_executor(), farm_.port("host-1")).ok());
  const auto catalog = boards::builtin_catalog();
  ASSERT_TRUE(catalog.ok());
  const std::filesystem::path file = machine_.root() / "farm.toml";
  ASSERT_TRUE(write_whole_file(file, farm_text(found.report, *catalog), Existing::kKeep).ok());
  const auto farm = boards::load_farm(file);
  ASSERT_TRUE(farm.ok()) << farm.status();
  ASSERT_EQ(farm->size(), 2U);
  EXPECT_EQ((*farm)[0].id, "host-1");
  EXPECT_EQ((*farm)[0].port, machine_.dev("serial/by-id/usb-one-if02").string());
  EXPECT_EQ((*farm)[1].id, "host-2");
  EXPECT_EQ((*farm)[1].port, "") << "no name of its port stays";
  EXPECT_EQ(*boards::find_usb_port(machine_.places(), *(*farm)[1].usb), machine_.dev("ttyACM1"));
}

TEST_F(AskHelloTest, WhoHasAPortOpenWithoutALockIsNotDisturbed) {
  // A tty is no PTY for it: only /dev/pts is known to have its maker.
  const std::filesystem::path tty = machine_.root() / "tty";
  machine_.write(tty, "");
  plug("1-1", "ttyACM0", tty);
  Found found = find({"ttyACM0"});
  usb::Places places = machine_.places();
  machine_.write(places.proc / "8/comm", "minicom\n");
  std::filesystem::create_directories(places.proc / "8/fd");
  std::filesystem::create_symlink(tty, places.proc / "8/fd/3");
  ask_hello(places, 1s, {}, &found);
  EXPECT_EQ(found.report.boards(0).ports(0).state(), v1::PORT_STATE_IN_USE);
  EXPECT_EQ(found.report.boards(0).ports(0).detail(), "minicom (8) has it");
}

}  // namespace
}  // namespace tinyrig::discovery
