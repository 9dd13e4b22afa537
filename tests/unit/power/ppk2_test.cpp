#include "server/power/ppk2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>

#include "server/base/error.h"
#include "tests/support/link/run_coroutine.h"
#include "tests/support/power/ppk2_device.h"

namespace tinyrig::power {
namespace {

using std::chrono::milliseconds;
using test::Ppk2Device;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Ppk2Options options_of(const std::string& port) {
  Ppk2Options options;
  options.port = port;
  options.supply_mv = 3'300;
  options.off_time = milliseconds(20);
  return options;
}

TEST(Ppk2, GivesPowerOnceAndKeepsIt) {
  Ppk2Device device;
  boost::asio::io_context io;
  Ppk2 supply(options_of(device.port()));
  ASSERT_TRUE(test::run(io, supply.supply()).ok());
  ASSERT_TRUE(test::run(io, supply.supply()).ok());
  ASSERT_TRUE(test::run(io, supply.cycle()).ok());
  // The last command may still be on its way.
  ASSERT_TRUE(test::run(io, supply.cycle()).ok());
  const std::vector<std::string> done = device.done();
  ASSERT_GE(done.size(), 8U);
  EXPECT_THAT(std::vector(done.begin(), done.begin() + 8),
              ElementsAre("stop", "metadata", "3300 mV", "source", "on", "off", "on", "off"));
}

TEST(Ppk2, QuietensOneThatWasLeftStreaming) {
  Ppk2Device device(Ppk2Device::Kind::kLeftStreaming);
  boost::asio::io_context io;
  Ppk2 supply(options_of(device.port()));
  const absl::Status supplied = test::run(io, supply.supply());
  EXPECT_TRUE(supplied.ok()) << supplied;
}

TEST(Ppk2, WhatDoesNotAnswerAsOneIsNotSwitched) {
  Ppk2Device device(Ppk2Device::Kind::kMute);
  boost::asio::io_context io;
  Ppk2 supply(options_of(device.port()));
  const absl::Status refused = test::run(io, supply.supply());
  EXPECT_EQ(reason_of(refused), "POWER_SWITCH_REFUSED");
  EXPECT_THAT(std::string(refused.message()), HasSubstr(device.port() + " does not answer as a PPK2 does"));
  EXPECT_THAT(device.done(), ElementsAre("stop", "metadata"));
}

TEST(Ppk2, SaysWhenItIsNotThereOrGone) {
  boost::asio::io_context io;
  Ppk2 nobody(options_of("/dev/no-such-ppk2"));
  EXPECT_EQ(reason_of(test::run(io, nobody.supply())), "POWER_SWITCH_UNREACHABLE");
  std::optional<Ppk2Device> device;
  device.emplace();
  Ppk2 supply(options_of(device->port()));
  ASSERT_TRUE(test::run(io, supply.supply()).ok());
  device.reset();
  EXPECT_EQ(reason_of(test::run(io, supply.cycle())), "POWER_SWITCH_UNREACHABLE");
}

TEST(Ppk2, CancelEndsACycle) {
  Ppk2Device device;
  boost::asio::io_context io;
  Ppk2Options options = options_of(device.port());
  options.off_time = std::chrono::minutes(10);
  Ppk2 supply(options);
  ASSERT_TRUE(test::run(io, supply.supply()).ok());
  boost::asio::steady_timer later(io, milliseconds(200));
  later.async_wait([&](const boost::system::error_code&) { supply.cancel(); });
  EXPECT_TRUE(absl::IsCancelled(test::run(io, supply.cycle())));
}

}  // namespace
}  // namespace tinyrig::power
