#include "server/discovery/hot_plug.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fstream>
#include <string>

namespace tinyrig::discovery {
namespace {

using namespace std::string_literals;

// As this kernel sent it.
const std::string kAdd =
    "add@/devices/pnp0/00:00/00:00:0/00:00:0.0/tty/ttyS0\0ACTION=add\0DEVPATH=/devices/pnp0/00:00/00:00:0/00:00:0.0/"
    "tty/"
    "ttyS0\0SUBSYSTEM=tty\0SYNTH_UUID=0\0MAJOR=4\0MINOR=64\0DEVNAME=ttyS0\0SEQNUM=823\0"s;

TEST(Uevent, IsRead) {
  const auto event = parse_uevent(kAdd);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->action, "add");
  EXPECT_EQ(event->subsystem, "tty");
}

TEST(Uevent, EveryBeginningOfOneIsReadOrRefused) {
  for (std::size_t size = 0; size < kAdd.size(); ++size) {
    const auto event = parse_uevent(kAdd.substr(0, size));
    EXPECT_TRUE(!event.has_value() || !event->action.empty()) << size;
  }
}

TEST(Uevent, OtherThingsAreRefused) {
  EXPECT_FALSE(parse_uevent("").has_value());
  EXPECT_FALSE(parse_uevent("\0\0\0"s).has_value());
  EXPECT_FALSE(parse_uevent("add@/devices/x").has_value()) << "no end";
  EXPECT_FALSE(parse_uevent("libudev\0\xfe\xed\xca\xfe"s).has_value()) << "udev's own";
  EXPECT_FALSE(parse_uevent("add@/devices/x\0SUBSYSTEM=tty\0"s).has_value()) << "no action";
  EXPECT_TRUE(parse_uevent("add@/devices/x\0ACTION=add\0=\0==\0nonsense\0"s).has_value());
}

// Many events are one call and one more; root of a machine with a console port can have the kernel send them.
TEST(HotPlug, TellsOfWhatTheKernelAnnounces) {
  std::ofstream trigger("/sys/class/tty/ttyS0/uevent");
  boost::asio::io_context io;
  int calls = 0;
  auto watch = HotPlug::start(io.get_executor(), [&] {
    if (++calls == 2) io.stop();
  });
  if (!watch.ok() || !(trigger << "add" << std::flush)) GTEST_SKIP() << "the kernel cannot be asked for events here";
  for (int i = 0; i < 9; ++i) trigger << "add" << std::flush;
  boost::asio::steady_timer patience(io, std::chrono::seconds(60));
  patience.async_wait([&](const boost::system::error_code& error) {
    if (!error) io.stop();
  });
  io.run();
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace tinyrig::discovery
