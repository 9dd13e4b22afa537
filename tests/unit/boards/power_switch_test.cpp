#include "server/boards/power_switch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>

#include "server/base/error.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::boards {
namespace {

using testing::HasSubstr;

std::unique_ptr<PowerSwitch> command(std::vector<std::string> argv) {
  return make_power_switch({.kind = "command", .endpoint = "", .outlet = "", .cycle = std::move(argv)});
}

TEST(CommandSwitch, RunsTheCommand) {
  boost::asio::io_context io;
  const std::filesystem::path mark = std::filesystem::path(testing::TempDir()) / "power_switch_test.mark";
  std::filesystem::remove(mark);
  EXPECT_TRUE(test::run(io, command({"/bin/sh", "-c", "touch \"$1\"", "sh", mark.string()})->cycle()).ok());
  EXPECT_TRUE(std::filesystem::exists(mark));
  std::filesystem::remove(mark);
}

TEST(CommandSwitch, TellsWhatTheCommandSaid) {
  boost::asio::io_context io;
  // What uhubctl 2.5 says of a hub without switches.
  const absl::Status refused = test::run(
      io, command({"/bin/sh", "-c", "echo 'No compatible devices detected at location 1-1!'; exit 1"})->cycle());
  EXPECT_EQ(reason_of(refused), "POWER_SWITCH_REFUSED");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("exit 1: No compatible devices detected at location 1-1!"));
  const absl::Status missing = test::run(io, command({"/nonexistent/relay"})->cycle());
  EXPECT_EQ(reason_of(missing), "POWER_SWITCH_UNREACHABLE");
  EXPECT_THAT(std::string(missing.message()), HasSubstr("/nonexistent/relay"));
}

TEST(CommandSwitch, ACommandThatHangsCanBeStopped) {
  boost::asio::io_context io;
  const auto power = command({"/bin/sleep", "600"});
  boost::asio::post(io, [&] { boost::asio::post(io, [&] { power->cancel(); }); });
  EXPECT_TRUE(absl::IsCancelled(test::run(io, power->cycle())));
}

TEST(LineSwitch, NobodyThere) {
  boost::asio::io_context io;
  const auto power =
      make_power_switch({.kind = "line-switch", .endpoint = "unix:/nonexistent/switch", .outlet = "1", .cycle = {}});
  EXPECT_EQ(reason_of(test::run(io, power->cycle())), "POWER_SWITCH_UNREACHABLE");
}

}  // namespace
}  // namespace tinyrig::boards
