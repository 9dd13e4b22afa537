// An emulated board, its agent's image, and our flasher for it: what tests of flashing begin with.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "server/flash/firmware.h"
#include "server/flash/gdb_remote_flasher.h"
#include "server/link/agent_session.h"
#include "server/link/serial_port.h"
#include "tests/integration/emulator/board_types.h"
#include "tests/integration/emulator/run_awaitable.h"
#include "tests/support/emulator/farm_process.h"

namespace tinyrig::test {

class FlashableBoardTest : public ::testing::TestWithParam<BoardUnderTest> {
 protected:
  FlashableBoardTest() : farm_({"--boards", GetParam().type}) {}

  void SetUp() override {
    ASSERT_TRUE(farm_.wait_for_log("boards are on")) << farm_.log();
    const auto firmware = flash::load_firmware(farm_.environment().firmware, GetParam().type);
    ASSERT_TRUE(firmware.ok()) << firmware.status();
    firmware_ = *firmware;
    flasher_ = flash::make_gdb_remote_flasher({farm_.flasher_endpoint(GetParam().id)});
  }

  // A greeting, as the daemon does it.
  void expect_agent() {
    auto port = link::SerialPort::open(context_.get_executor(), farm_.port(GetParam().id));
    ASSERT_TRUE(port.ok()) << port.status();
    link::AgentSession session(*std::move(port));
    const auto hello = run(context_, session.hello(std::chrono::seconds(20)));
    ASSERT_TRUE(hello.ok()) << hello.status();
    EXPECT_EQ(hello->build_id(), firmware_.build_id);
  }

  boost::asio::io_context context_;
  FarmProcess farm_;
  flash::Firmware firmware_;
  std::unique_ptr<flash::Flasher> flasher_;
};

}  // namespace tinyrig::test
