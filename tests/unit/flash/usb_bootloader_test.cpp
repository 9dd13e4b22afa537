// Into a bootloader on USB by the 1200-baud touch, and by recipe from there.
#include "server/flash/usb_bootloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fstream>
#include <iterator>

#include "server/base/error.h"
#include "server/flash/recipe_flasher.h"
#include "tests/support/discovery/fake_machine.h"
#include "tests/support/flash/touch_line.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::flash {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An Arduino Nano 33 BLE at 1-1.4 that does as its core does.
class UsbBootloaderTest : public ::testing::Test {
 protected:
  UsbBootloaderTest() {
    plug("805a", "ttyACM0");
    options_.usb_ids = {"2341:005a"};
    options_.touch_1200 = true;
    options_.places = machine_.places();
    options_.open_line = test::touch_lines(log_);
    log_.on_close = [this] { plug("005a", "ttyACM1"); };
  }

  void plug(const std::string& product, const std::string& tty) {
    machine_.unplug("1-1.4");
    machine_.usb("1-1.4", {{"idVendor", "2341"}, {"idProduct", product}});
    if (!tty.empty()) machine_.usb_tty("1-1.4", 0, tty);
  }
  std::string port() const { return machine_.dev("ttyACM0"); }
  std::string touched_port() const { return "open " + port() + " 1200"; }

  test::FakeMachine machine_;
  test::TouchLog log_;
  UsbBootloaderOptions options_;
  boost::asio::io_context io_;
};

TEST_F(UsbBootloaderTest, IsTouchedAndFoundAtTheSameSocket) {
  UsbBootloader bootloader(port(), options_);
  EXPECT_FALSE(bootloader.runs());
  const absl::Status entered = test::run(io_, bootloader.enter());
  ASSERT_TRUE(entered.ok()) << entered;
  EXPECT_THAT(log_.calls, ElementsAre(touched_port(), "dtr=0", "close"));
  EXPECT_EQ(bootloader.socket(), "1-1.4");
  EXPECT_TRUE(bootloader.runs());
  EXPECT_EQ(test::run(io_, bootloader.port()).value_or(""), machine_.dev("ttyACM1"));
}

TEST_F(UsbBootloaderTest, OneThatRunsIsNotTouched) {
  options_.socket = "1-1.4";
  plug("005a", "ttyACM1");
  UsbBootloader bootloader(port(), options_);
  EXPECT_TRUE(test::run(io_, bootloader.enter()).ok());
  EXPECT_THAT(log_.calls, IsEmpty());
}

TEST_F(UsbBootloaderTest, TheSocketIsRememberedWhileThePortIsAway) {
  UsbBootloader bootloader(port(), options_);
  EXPECT_EQ(bootloader.socket(), "1-1.4");
  plug("005a", "");
  EXPECT_TRUE(bootloader.runs());
  EXPECT_TRUE(test::run(io_, bootloader.enter()).ok());
}

TEST_F(UsbBootloaderTest, ATouchThatDoesNotHelpSaysWhatIsThere) {
  options_.patience = milliseconds(60);
  log_.on_close = [] {};
  UsbBootloader bootloader(port(), options_);
  const absl::Status stayed = test::run(io_, bootloader.enter());
  EXPECT_EQ(reason_of(stayed), "FLASH_TIMEOUT");
  EXPECT_THAT(std::string(stayed.message()),
              HasSubstr("at USB socket 1-1.4 is 2341:805a, not the bootloader (2341:005a)"));
  log_.on_close = [this] { machine_.unplug("1-1.4"); };
  const absl::Status gone = test::run(io_, bootloader.enter());
  EXPECT_THAT(std::string(gone.message()), HasSubstr("at USB socket 1-1.4 is nothing"));
}

TEST_F(UsbBootloaderTest, WhatCannotBeTouchedIsSaid) {
  options_.touch_1200 = false;
  const absl::Status by_hand = test::run(io_, UsbBootloader(port(), options_).enter());
  EXPECT_EQ(reason_of(by_hand), "FLASH_NO_TARGET");
  EXPECT_THAT(std::string(by_hand.message()), HasSubstr("entered by hand"));
  options_.touch_1200 = true;
  const absl::Status away = test::run(io_, UsbBootloader(machine_.dev("ttyACM7"), options_).enter());
  EXPECT_EQ(reason_of(away), "FLASH_NO_PROBE");
  EXPECT_THAT(std::string(away.message()), HasSubstr("'usb' of its 'flasher'"));
  options_.open_line = [](boost::asio::any_io_executor, const std::string& name, std::uint32_t) {
    return make_error(absl::StatusCode::kFailedPrecondition, "PORT_IN_USE", name + " is in use");
  };
  EXPECT_EQ(reason_of(test::run(io_, UsbBootloader(port(), options_).enter())), "FLASH_BUSY");
}

TEST_F(UsbBootloaderTest, ABootloaderWithoutAPortSaysSo) {
  options_.patience = milliseconds(60);
  log_.on_close = [this] { plug("005a", ""); };
  UsbBootloader bootloader(port(), options_);
  ASSERT_TRUE(test::run(io_, bootloader.enter()).ok());
  const auto none = test::run(io_, bootloader.port());
  EXPECT_EQ(reason_of(none.status()), "FLASH_TIMEOUT");
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("shows no serial port"));
}

TEST_F(UsbBootloaderTest, WaitingEndsOnCancel) {
  UsbBootloader bootloader(port(), options_);
  log_.on_close = [&] { boost::asio::post(io_, [&] { bootloader.cancel(); }); };
  EXPECT_EQ(test::run(io_, bootloader.enter()).code(), absl::StatusCode::kCancelled);
}

TEST_F(UsbBootloaderTest, ARecipeRunsOnTheBootloadersPort) {
  const std::string seen = machine_.root() / "seen";
  Recipe recipe;
  recipe.write.argv = {"/bin/sh", "-c", "echo \"$1 $2\" > " + seen, "sh", "{port}", "{port_name}", "{image}"};
  recipe.bootloader = options_;
  const auto flasher = make_recipe_flasher(recipe, {{"port", port()}});
  EXPECT_TRUE(flasher->takes_port());
  EXPECT_FALSE(flasher->waits_for_firmware());
  const FirmwareImage image{{{0x10000, {1, 2, 3}}}};
  const auto report = test::run(io_, flasher->flash(image, {}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(log_.calls, ElementsAre(touched_port(), "dtr=0", "close"));
  std::ifstream file(seen);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, machine_.dev("ttyACM1").string() + " ttyACM1\n");
  EXPECT_TRUE(flasher->waits_for_firmware());  // the script left the board there
}

TEST_F(UsbBootloaderTest, ARecipeRunsNothingWithoutTheBootloader) {
  options_.patience = milliseconds(60);
  log_.on_close = [] {};
  const std::string seen = machine_.root() / "seen";
  Recipe recipe;
  recipe.write.argv = {"/bin/sh", "-c", "echo ran > " + seen, "sh", "{image}"};
  recipe.bootloader = options_;
  const auto flasher = make_recipe_flasher(recipe, {{"port", port()}});
  const FirmwareImage image{{{0x10000, {1, 2, 3}}}};
  EXPECT_EQ(reason_of(test::run(io_, flasher->flash(image, {})).status()), "FLASH_TIMEOUT");
  EXPECT_FALSE(std::filesystem::exists(seen));
}

}  // namespace
}  // namespace tinyrig::flash
