// Flashing again and again, at once and without a pause: every flash is whole, and the board boots after it.
#include <gtest/gtest.h>

#include "tests/integration/emulator/flashable_board.h"

namespace tinyrig {
namespace {

constexpr int kTimes = 10;

class ReflashTest : public test::FlashableBoardTest {
 protected:
  absl::Status flash(const flash::FirmwareImage& image) {
    return test::run(context_, flasher_->flash(image, {})).status();
  }
};

TEST_P(ReflashTest, TenTimesWithoutAPause) {
  for (int i = 0; i < kTimes; ++i) {
    const absl::Status flashed = flash(firmware_.image);
    ASSERT_TRUE(flashed.ok()) << "the " << i + 1 << ". time: " << flashed;
  }
  expect_agent();
}

TEST_P(ReflashTest, TenTimesBetweenGreetings) {
  for (int i = 0; i < kTimes; ++i) {
    const absl::Status flashed = flash(firmware_.image);
    ASSERT_TRUE(flashed.ok()) << "the " << i + 1 << ". time: " << flashed;
    expect_agent();
  }
}

INSTANTIATE_TEST_SUITE_P(FlasherBoards, ReflashTest,
                         ::testing::Values(test::kBoards[0], test::kBoards[1], test::kBoards[5]), test::test_name);

}  // namespace
}  // namespace tinyrig
