// Flashing again and again, at once and without a pause: every flash is whole, and the board boots after it.
#include <gtest/gtest.h>

#include <string>

#include "server/flash/firmware.h"
#include "server/flash/gdb_remote_flasher.h"
#include "server/link/agent_session.h"
#include "server/link/serial_port.h"
#include "tests/integration/emulator/board_types.h"
#include "tests/integration/emulator/run_awaitable.h"
#include "tests/support/emulator/farm_process.h"

namespace tinyrig {
namespace {

constexpr int kTimes = 10;

class ReflashTest : public ::testing::TestWithParam<test::BoardUnderTest> {
 protected:
  ReflashTest() : farm_({"--boards", GetParam().type}) {}

  void SetUp() override {
    ASSERT_TRUE(farm_.wait_for_log("boards are on")) << farm_.log();
    const auto firmware = flash::load_firmware(farm_.environment().firmware, GetParam().type);
    ASSERT_TRUE(firmware.ok()) << firmware.status();
    firmware_ = *firmware;
    flasher_ = flash::make_gdb_remote_flasher({farm_.flasher_endpoint(GetParam().id)});
  }

  absl::Status flash(const flash::FirmwareImage& image) {
    return test::run(context_, flasher_->flash(image, {})).status();
  }

  // A greeting between two flashes, as the daemon does it.
  void expect_agent() {
    auto port = link::SerialPort::open(context_.get_executor(), farm_.port(GetParam().id));
    ASSERT_TRUE(port.ok()) << port.status();
    link::AgentSession session(*std::move(port));
    const auto hello = test::run(context_, session.hello(std::chrono::seconds(20)));
    ASSERT_TRUE(hello.ok()) << hello.status();
    EXPECT_EQ(hello->build_id(), firmware_.build_id);
  }

  boost::asio::io_context context_;
  test::FarmProcess farm_;
  flash::Firmware firmware_;
  std::unique_ptr<flash::Flasher> flasher_;
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
