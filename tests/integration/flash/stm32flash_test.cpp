// The real stm32flash, by recipe, flashes the simulated chip that our own client is tested on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/flash/recipe_flasher.h"
#include "tests/support/flash/installed.h"
#include "tests/support/flash/stm32_rom.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::flash {
namespace {

using test::Stm32Rom;
using ::testing::HasSubstr;

class Stm32flashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::is_installed("stm32flash")) GTEST_SKIP() << "stm32flash is not installed: apt-get install stm32flash";
    std::mt19937 random(7);
    image_.segments.push_back({0x08000000, std::vector<std::uint8_t>(20'000)});
    for (std::uint8_t& byte : image_.segments[0].bytes) byte = static_cast<std::uint8_t>(random());
    recipe_.format = ImageFormat::kBin;
    // A PTY has no parity.
    recipe_.write = {{"stm32flash", "-m", "8n1", "-b", "115200", "-w", "{image}", "-v", "-S", "{address}", "{port}"},
                     "Wrote and verified"};
    recipe_.read = {{"stm32flash", "-m", "8n1", "-b", "115200", "-r", "{read_back}", "-S", "{address}:{size}", "-g",
                     "{address}", "{port}"},
                    ""};
  }

  absl::StatusOr<FlashReport> flash() {
    const auto flasher = make_recipe_flasher(recipe_, {{"port", rom_.port()}});
    EXPECT_TRUE(flasher->takes_port());
    return test::run(io_, flasher->flash(image_, {}));
  }

  boost::asio::io_context io_;
  Stm32Rom rom_{io_};
  FirmwareImage image_;
  Recipe recipe_;
};

TEST_F(Stm32flashTest, FlashesAndReadsBack) {
  const auto report = flash();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->read_back);
  EXPECT_TRUE(std::equal(image_.segments[0].bytes.begin(), image_.segments[0].bytes.end(), rom_.flash.begin()));
  EXPECT_EQ(rom_.started, Stm32Rom::kFlashStart);
}

TEST_F(Stm32flashTest, FlashThatDoesNotTakeTheImageIsFound) {
  image_.segments[0].bytes[0] = 0x00;
  rom_.wears_out = true;
  const auto report = flash();
  EXPECT_EQ(reason_of(report.status()), "FLASH_VERIFY");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("Failed to verify at address 0x08000000"));
}

TEST_F(Stm32flashTest, AChipThatDoesNotAnswerIsNoTarget) {
  rom_.is_there = false;
  EXPECT_EQ(reason_of(flash().status()), "FLASH_NO_TARGET");
}

}  // namespace
}  // namespace tinyrig::flash
