// Each port, proved with the bring-up firmware: flashed like a real board, then asked over its serial port.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>

#include "emulator/catalog.h"
#include "emulator/unit_id.h"
#include "server/flash/firmware.h"
#include "server/flash/gdb_remote_flasher.h"
#include "server/flash/rsp_packet.h"
#include "tests/integration/emulator/board_types.h"
#include "tests/integration/emulator/run_awaitable.h"
#include "tests/support/emulator/console.h"
#include "tests/support/emulator/farm_process.h"
#include "wire/fnv1a.h"

namespace tinyrig {
namespace {

using test::field_of;
using ::testing::StartsWith;

class BringupTest : public ::testing::TestWithParam<test::BoardUnderTest> {
 protected:
  BringupTest() : farm_({"--boards", GetParam().type}) {}

  void SetUp() override {
    ASSERT_TRUE(farm_.wait_for_log("boards are on")) << farm_.log();
    const auto firmware = flash::load_firmware(farm_.environment().firmware, GetParam().type, "tinyrig-bringup");
    ASSERT_TRUE(firmware.ok()) << firmware.status() << "; ./rig firmware builds it";
    firmware_ = *firmware;
    console_.emplace(farm_.port(GetParam().id));
    ASSERT_TRUE(console_->is_open());
    EXPECT_EQ(state(), "blank");
    flash_image(firmware_.image);
    EXPECT_EQ(state(), "running");
    EXPECT_EQ(console_->line(), "bringup ready");
  }

  void flash_image(const flash::FirmwareImage& image) {
    const auto flasher = flash::make_gdb_remote_flasher({farm_.flasher_endpoint(GetParam().id)});
    const auto report = test::run(context_, flasher->flash(image, {}));
    ASSERT_TRUE(report.ok()) << report.status() << (farm_.terminate(), farm_.log());
    EXPECT_EQ(report->bytes_written, image.total_bytes());
  }

  std::string state() { return farm_.status(GetParam().id, "state"); }

  void cycle_power() {
    ASSERT_EQ(farm_.control(std::string("power ") + GetParam().id + " cycle"), "ok\n");
    ASSERT_EQ(console_->line(), "bringup ready");
  }

  boost::asio::io_context context_;
  test::FarmProcess farm_;
  flash::Firmware firmware_;
  std::optional<test::Console> console_;
};

TEST_P(BringupTest, SaysWhatItIs) {
  const std::string line = console_->ask("i");
  EXPECT_EQ(field_of(line, "board"), GetParam().type);
  EXPECT_EQ(field_of(line, "build"), firmware_.build_id);
  EXPECT_EQ(firmware_.build_id.size(), 16U);
  // QEMU has no clock controller of the STM32: its port runs silicon's clock code there, which ends and says so.
  EXPECT_EQ(field_of(line, "clock"), GetParam().type == std::string("netduinoplus2") ? "no_pll" : "fixed");
  EXPECT_EQ(field_of(line, "core_cycles"), "0") << "QEMU has no DWT: looked for, not found";
  EXPECT_EQ(field_of(line, "unit"), flash::to_hex(std::span<const std::uint8_t>(emulator::unit_id_of(GetParam().id))));

  // The catalog and the port agree.
  const auto catalog = emulator::load_catalog(farm_.environment().catalog);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const emulator::EmulatedType& type = catalog->at(GetParam().type);
  EXPECT_EQ(firmware_.image.segments.front().address, type.image_address);
  const emulator::FlashRegion& last = type.flash.back();
  EXPECT_EQ(std::stoul(field_of(line, "slot_address")) + std::stoul(field_of(line, "slot")),
            std::uint64_t{last.address} + last.bytes);
  EXPECT_GT(type.unit_block, firmware_.image.segments.back().address);
}

TEST_P(BringupTest, CountsInstructionsExactly) {
  const double hertz = std::stod(field_of(console_->ask("i"), "hz"));
  constexpr double kInstructionSeconds = 128e-9;  // -icount shift=7
  long overhead = -1;
  for (const long loops : {1L, 2L, 10L, 1000L, 100'000L, 5'000'000L, 1000L, 2L}) {
    const std::string line = console_->ask("c " + std::to_string(loops));
    ASSERT_EQ(field_of(line, "instructions_per_loop"), "2");
    EXPECT_EQ(field_of(line, "interrupts"), "0");
    const long instructions = std::lround(std::stod(field_of(line, "ticks")) / hertz / kInstructionSeconds);
    if (overhead < 0) overhead = instructions - 2 * loops;
    EXPECT_EQ(instructions, 2 * loops + overhead) << line;
  }
  EXPECT_LT(overhead, 40);
}

// Forty million instructions, which a 1 GHz counter of 32 bits would not survive.
TEST_P(BringupTest, CountsLongWindows) {
  const double hertz = std::stod(field_of(console_->ask("i"), "hz"));
  const std::string line = console_->ask("c 20000000");
  const double instructions = std::stod(field_of(line, "ticks")) / hertz / 128e-9;
  EXPECT_NEAR(instructions, 40e6, 40);
}

TEST_P(BringupTest, LosesNoByteWhenItCannotKeepUp) {
  const unsigned seed = 11;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::string bytes(50'000, '\0');  // many times the receive ring
  for (char& c : bytes) c = static_cast<char>(random());
  const std::uint32_t hash =
      wire::fnv1a_32(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  char expected[64];
  std::snprintf(expected, sizeof expected, "s %zu fnv=%08x", bytes.size(), hash);
  ASSERT_TRUE(console_->send("s " + std::to_string(bytes.size()) + "\n" + bytes));
  EXPECT_EQ(console_->line(), expected);
}

// While the board computes, bytes fill its ring, its UART, and the line. All are there afterwards.
TEST_P(BringupTest, KeepsBytesThatCameWhileItWasBusy) {
  ASSERT_TRUE(console_->send("c 3000000\n" + std::string(8000, '\n') + "c 7\n"));
  EXPECT_THAT(console_->line(), StartsWith("c 3000000 "));
  EXPECT_THAT(console_->line(), StartsWith("c 7 "));
}

TEST_P(BringupTest, SendsFasterThanItIsRead) {
  ASSERT_TRUE(console_->send("o 100000\n"));
  ASSERT_TRUE(console_->skip(100'000));
  EXPECT_THAT(console_->ask("i"), StartsWith("board="));
}

TEST_P(BringupTest, HasTheModelRamThatItStates) {
  const std::string stated = field_of(console_->ask("i"), "ram");
  EXPECT_EQ(console_->ask("m"), "m ok " + stated);
}

TEST_P(BringupTest, KeepsAgentAndSlotWithoutPower) {
  const std::string written = console_->ask("w 16384");
  if (GetParam().agent_writes_slot) {
    EXPECT_EQ(written, "w ok");
  } else {
    EXPECT_EQ(written, "w failed");
    // The flasher writes it instead.
    flash::FirmwareImage slot;
    const auto address = static_cast<std::uint32_t>(std::stoul(field_of(console_->ask("i"), "slot_address")));
    slot.segments.push_back({address, std::vector<std::uint8_t>(16384, 0x5A)});
    flash_image(slot);
    ASSERT_EQ(console_->line(), "bringup ready");
  }
  const std::string hash = console_->ask("h 16384");
  cycle_power();
  EXPECT_EQ(console_->ask("h 16384"), hash);
  EXPECT_EQ(field_of(console_->ask("i"), "build"), firmware_.build_id);
}

TEST_P(BringupTest, ResetsAndSaysWhy) {
  EXPECT_EQ(field_of(console_->ask("i"), "boot"), "1");
  EXPECT_EQ(console_->ask("r"), "bringup ready");
  std::string line = console_->ask("i");
  EXPECT_EQ(field_of(line, "boot"), "2");
  EXPECT_EQ(field_of(line, "reset"), "2");  // software
  EXPECT_EQ(console_->ask("f"), "bringup ready");
  line = console_->ask("i");
  EXPECT_EQ(field_of(line, "boot"), "3");
  EXPECT_EQ(field_of(line, "reset"), "4");  // fault
  ASSERT_EQ(farm_.control(std::string("reset ") + GetParam().id), "ok\n");
  EXPECT_EQ(console_->line(), "bringup ready");
  EXPECT_EQ(field_of(console_->ask("i"), "reset"), "0");  // nobody announced it
  cycle_power();
  line = console_->ask("i");
  EXPECT_EQ(field_of(line, "boot"), "1");
  EXPECT_EQ(field_of(line, "reset"), "1");  // power
}

INSTANTIATE_TEST_SUITE_P(EveryBoard, BringupTest, ::testing::ValuesIn(test::kBoards), test::test_name);

}  // namespace
}  // namespace tinyrig
