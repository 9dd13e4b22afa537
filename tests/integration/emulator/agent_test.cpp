// The agent on every board: flashed, greeted through the link, asked who it is.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>

#include "emulator/unit_id.h"
#include "server/boards/catalog.h"
#include "server/flash/firmware.h"
#include "server/flash/gdb_remote_flasher.h"
#include "server/link/agent_session.h"
#include "server/link/serial_port.h"
#include "tests/integration/emulator/board_types.h"
#include "tests/integration/emulator/run_awaitable.h"
#include "tests/support/emulator/farm_process.h"

namespace tinyrig {
namespace {

class AgentOnBoardTest : public ::testing::TestWithParam<test::BoardUnderTest> {
 protected:
  AgentOnBoardTest() : farm_({"--boards", GetParam().type}) {}

  void SetUp() override {
    ASSERT_TRUE(farm_.wait_for_log("boards are on")) << farm_.log();
    const auto firmware = flash::load_firmware(farm_.environment().firmware, GetParam().type);
    ASSERT_TRUE(firmware.ok()) << firmware.status();
    firmware_ = *firmware;
    const auto flasher = flash::make_gdb_remote_flasher({farm_.flasher_endpoint(GetParam().id)});
    const auto report = test::run(context_, flasher->flash(firmware_.image, {}));
    ASSERT_TRUE(report.ok()) << report.status();
    auto port = link::SerialPort::open(context_.get_executor(), farm_.port(GetParam().id));
    ASSERT_TRUE(port.ok()) << port.status();
    session_ = std::make_unique<link::AgentSession>(*std::move(port));
    const auto hello = test::run(context_, session_->hello(std::chrono::seconds(20)));
    ASSERT_TRUE(hello.ok()) << hello.status();
    hello_ = *hello;
  }

  boost::asio::io_context context_;
  test::FarmProcess farm_;
  flash::Firmware firmware_;
  std::unique_ptr<link::AgentSession> session_;
  agent::v1::HelloReply hello_;
};

TEST_P(AgentOnBoardTest, SaysWhatWasFlashedAndWhichUnitItIs) {
  EXPECT_EQ(hello_.board_type(), GetParam().type);
  EXPECT_EQ(hello_.build_id(), firmware_.build_id);
  const emulator::UnitId unit = emulator::unit_id_of(GetParam().id);
  EXPECT_EQ(hello_.unit_id(), std::string(unit.begin(), unit.end()));
  EXPECT_EQ((hello_.capabilities() & agent::v1::CAPABILITY_WRITE_SLOT) != 0, GetParam().agent_writes_slot);
  EXPECT_NE(hello_.capabilities() & agent::v1::CAPABILITY_MASKS_INTERRUPTS, 0U);
  ASSERT_EQ(hello_.runtimes_size(), 2);
  EXPECT_EQ(hello_.runtimes(0).name(), "tinyrig");
  EXPECT_EQ(hello_.runtimes(1).name(), "portable");
}

// The catalog promises no more than the agent has.
TEST_P(AgentOnBoardTest, HasWhatTheCatalogSays) {
  const auto entry = boards::load_board_type(std::filesystem::path(farm_.environment().catalog) /
                                             (std::string(GetParam().type) + ".toml"));
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_GE(hello_.model_ram_bytes(), entry->type.model_ram_bytes());
  EXPECT_LT(hello_.model_ram_bytes(), entry->type.ram_bytes());
  ASSERT_TRUE(entry->slot.has_value());
  EXPECT_EQ(hello_.model_slot_bytes(), entry->slot->size_bytes);
  EXPECT_EQ(entry->slot->writer == boards::SlotWriter::kAgent, GetParam().agent_writes_slot);
  ASSERT_EQ(hello_.runtimes_size(), 2);
  EXPECT_EQ(hello_.runtimes(0).core(), static_cast<std::uint32_t>(entry->core));
  EXPECT_EQ(hello_.runtimes(1).core(), static_cast<std::uint32_t>(packed::Core::kPortable));
  EXPECT_LE(firmware_.image.total_bytes(), entry->type.agent_flash_bytes());
  EXPECT_EQ(firmware_.image.segments.front().address, entry->agent_address);
}

TEST_P(AgentOnBoardTest, CountsInstructionsExactly) {
  long overhead = -1;
  for (const std::uint32_t loops : {10U, 100'000U, 1000U, 10U}) {
    const auto report = test::run(context_, session_->calibrate(loops));
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->instructions_per_loop(), 2U);
    const long instructions =
        std::lround(static_cast<double>(report->ticks()) / static_cast<double>(hello_.ticks_per_second()) / 128e-9);
    if (overhead < 0) overhead = instructions - 2L * loops;
    EXPECT_EQ(instructions, 2L * loops + overhead);
  }
}

TEST_P(AgentOnBoardTest, StatesItsMemory) {
  const auto memory = test::run(context_, session_->get_memory());
  ASSERT_TRUE(memory.ok()) << memory.status();
  const auto& segments = firmware_.image.segments;
  const std::size_t image_bytes = segments.back().address + segments.back().bytes.size() - segments.front().address;
  EXPECT_GE(memory->agent_flash_bytes(), image_bytes);
  EXPECT_LT(memory->agent_flash_bytes(), image_bytes + 16);  // alignment
  EXPECT_GT(memory->stack_high_water_bytes(), 0U);
  EXPECT_LT(memory->stack_high_water_bytes(), memory->stack_bytes());
}

TEST_P(AgentOnBoardTest, TakesAModelThatSurvivesPowerLoss) {
  std::vector<std::uint8_t> bytes(20'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8));
  const auto sent = test::run(context_, session_->upload(agent::v1::DESTINATION_MODEL_SLOT, bytes));
  if (!GetParam().agent_writes_slot) {  // the slot is the flasher's
    EXPECT_FALSE(sent.ok());
    return;
  }
  ASSERT_TRUE(sent.ok()) << sent;
  ASSERT_EQ(farm_.control(std::string("power ") + GetParam().id + " cycle"), "ok\n");
  const auto hello = test::run(context_, session_->hello(std::chrono::seconds(20)));
  ASSERT_TRUE(hello.ok()) << hello.status();
  EXPECT_EQ(hello->boot_count(), 1U);
  // The board has all of it: resuming the same transfer sends nothing more.
  const auto again = test::run(context_, session_->upload(agent::v1::DESTINATION_MODEL_SLOT, bytes, nullptr, true));
  EXPECT_TRUE(again.ok()) << again;
}

INSTANTIATE_TEST_SUITE_P(EveryBoard, AgentOnBoardTest, ::testing::ValuesIn(test::kBoards), test::test_name);

}  // namespace
}  // namespace tinyrig
