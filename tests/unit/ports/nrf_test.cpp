// nRF51 and nRF52.
#include <gtest/gtest.h>

#include "agent_firmware/ports/nrf/nrf52_clock.h"
#include "agent_firmware/ports/nrf/uart.h"
#include "tests/unit/ports/fake_registers.h"

namespace tinyrig::port::nrf {
namespace {

// nRF52840 product specification, UART BAUDRATE.
static_assert(baud_setting(115'200) == 0x01D7'E000 && baud_setting(1'000'000) == 0x1000'0000);
static_assert(baud_setting(9'601) == 0);

// FICR INFO.VARIANT in letters: AAC0, AAD1, AAF0.
static_assert(!locks_debugger_at_reset(0x4141'4330) && !locks_debugger_at_reset(0x4141'4431));
static_assert(locks_debugger_at_reset(0x4141'4630));

using TestClock = Nrf52Clock<FakeRegisters>;

class Nrf52ClockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    FakeRegisters::reset();
    FakeRegisters::values[TestClock::kVariant] = 0x4141'4630;
    FakeRegisters::values[TestClock::kUicrApprotect] = 0x5A;
    FakeRegisters::react = [this](std::uintptr_t address, std::uint32_t) {
      if (address == TestClock::kStartCrystal && crystal) FakeRegisters::values[TestClock::kCrystalStarted] = 1;
    };
  }
  ~Nrf52ClockTest() override { FakeRegisters::reset(); }
  bool crystal = true;
};

TEST_F(Nrf52ClockTest, RunsFromTheCrystal) {
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kFullSpeed);
  EXPECT_EQ(FakeRegisters::values[TestClock::kApprotectDisable], 0x5AU) << "the debugger may come back";
  EXPECT_EQ(FakeRegisters::values[TestClock::kFlashCache], 1U);
}

TEST_F(Nrf52ClockTest, WithoutTheCrystalItGoesOn) {
  crystal = false;
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kNoCrystal);
  EXPECT_EQ(TestClock::core_hz(), 64'000'000U);
}

TEST_F(Nrf52ClockTest, OlderChipsHaveNoSuchLock) {
  FakeRegisters::values[TestClock::kVariant] = 0x4141'4330;
  TestClock::init();
  EXPECT_EQ(FakeRegisters::first_write(TestClock::kApprotectDisable, 0), -1);
}

}  // namespace
}  // namespace tinyrig::port::nrf
