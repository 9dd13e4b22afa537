// STM32L4+: dividers and wait states, and a clock tree of which any part may not answer.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

#include "agent_firmware/ports/stm32/l4_clock.h"
#include "agent_firmware/ports/stm32/l4_flash.h"
#include "agent_firmware/ports/stm32/l4_lpuart.h"
#include "tests/unit/ports/fake_registers.h"

namespace tinyrig::port::stm32::l4 {
namespace {

// RM0432, table of wait states in range 1 (normal up to 80 MHz, boost beyond).
static_assert(wait_states(20'000'000) == 0 && wait_states(80'000'000) == 3 && wait_states(100'000'000) == 4);
static_assert(wait_states(120'000'000) == 5);

TEST(Stm32L4Pll, FromTheMultiSpeedOscillator) {
  const PllSettings settings = plan_pll(4'000'000, 120'000'000);
  EXPECT_EQ(settings.m, 1U);
  EXPECT_EQ(settings.n, 60U);
  EXPECT_EQ(settings.r, 2U);
  EXPECT_EQ(settings.bits(), 0x0100'3C00U);
  EXPECT_EQ(plan_pll(48'000'000, 120'000'000).m, 3U) << "16 MHz into the VCO at most; 240 is 15 times that";
  EXPECT_EQ(plan_pll(4'000'000, 121'000'000).m, 0U);
}

// RM0432, LPUART: 256 times the clock, of which 20 bits fit.
TEST(Stm32L4LowPowerUart, Dividers) {
  EXPECT_EQ(low_power_baud_divider(120'000'000, 115'200), 266'667U);
  EXPECT_EQ(low_power_baud_divider(4'000'000, 115'200), 8'889U);
  EXPECT_EQ(low_power_baud_divider(120'000'000, 921'600), 33'333U);
  EXPECT_EQ(low_power_baud_divider(4'000'000, 1'333'333), 0x300U);
  EXPECT_EQ(low_power_baud_divider(4'000'000, 1'340'000), 0U) << "less than three samples a bit";
  EXPECT_EQ(low_power_baud_divider(120'000'000, 9'600), 0U) << "too slow for this clock";
  EXPECT_EQ(low_power_baud_divider(120'000'000, 0), 0U);
}

struct TestLpuart {
  static constexpr std::uintptr_t kBankEnable = 0x1000, kClockEnable = 0x1004;
  static constexpr std::uint32_t kBankEnableBit = 2, kClockEnableBit = 4, kFunction = 8;
  static constexpr Pin kTransmit{0x3000, 7}, kReceive{0x3000, 8};
  static std::uint32_t clock_hz() { return 120'000'000; }
  static void power_pins() {}
};

TEST(Stm32L4LowPowerUart, WaitsForItsClocks) {
  using Uart = LowPowerUart<TestLpuart, FakeRegisters>;
  FakeRegisters::reset();
  Uart::init(115'200);
  EXPECT_TRUE(FakeRegisters::is_read_back(0x1000, 2));
  EXPECT_TRUE(FakeRegisters::is_read_back(0x1004, 4));
  EXPECT_EQ(FakeRegisters::values[Uart::kBaudRate], 266'667U);
  FakeRegisters::reset();
}

using TestClock = Clock<120'000'000, FakeRegisters>;

class Stm32L4ClockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    FakeRegisters::reset();
    FakeRegisters::values[TestClock::kPower5] = TestClock::kNoBoost;  // after reset
    FakeRegisters::react = [this](std::uintptr_t address, std::uint32_t value) {
      auto& registers = FakeRegisters::values;
      if (address == TestClock::kFlashAccess && !takes_waits) registers[address] = 0;
      if (address == TestClock::kBackup && crystal && (value & TestClock::kCrystalOn) != 0) {
        registers[address] |= TestClock::kCrystalReady;
      }
      if (address == TestClock::kControl) {
        registers[address] &= ~TestClock::kPllReady;
        if (pll && (value & TestClock::kPllOn) != 0) registers[address] |= TestClock::kPllReady;
      }
      if (address == TestClock::kPower5 && !regulator) {
        registers[TestClock::kPowerStatus2] = TestClock::kRangeChanging;
      }
      if (address == TestClock::kConfig && switches) {
        registers[address] = (value & ~TestClock::kSwitchedMask) | (value & TestClock::kSwitchMask) << 2;
      }
    };
  }
  ~Stm32L4ClockTest() override { FakeRegisters::reset(); }

  bool crystal = true, pll = true, regulator = true, switches = true, takes_waits = true;
};

TEST_F(Stm32L4ClockTest, FullSpeedInTheOrderOfTheManual) {
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kFullSpeed);
  EXPECT_EQ(TestClock::core_hz(), 120'000'000U);
  const auto& values = FakeRegisters::values;
  EXPECT_EQ(values.at(TestClock::kPllSettings), 0x0100'3C01U) << "from MSI";
  EXPECT_EQ(values.at(TestClock::kPower5) & TestClock::kNoBoost, 0U);
  EXPECT_EQ(values.at(TestClock::kFlashAccess), 0x705U);
  EXPECT_NE(values.at(TestClock::kControl) & TestClock::kMsiPll, 0U);
  EXPECT_EQ(values.at(TestClock::kConfig) & TestClock::kAhbPrescaler, 0U);
  const int halved = FakeRegisters::first_write(TestClock::kConfig, TestClock::kAhbBy2);
  const int boosted = FakeRegisters::first_write(TestClock::kPower5, 0);
  const int pll_on = FakeRegisters::first_write(TestClock::kControl, TestClock::kPllOn);
  const int waits = FakeRegisters::first_write(TestClock::kFlashAccess, 5);
  const int switched = FakeRegisters::first_write(TestClock::kConfig, TestClock::kAhbBy2 | TestClock::kSwitchPll);
  EXPECT_LT(halved, boosted);
  EXPECT_LT(boosted, pll_on) << "no clock beyond 80 MHz without boost";
  EXPECT_LT(pll_on, waits);
  EXPECT_LT(waits, switched) << "at half the speed first";
  EXPECT_TRUE(FakeRegisters::is_read_back(TestClock::kApb1Enable1, TestClock::kPowerClock));
}

TEST_F(Stm32L4ClockTest, WithoutTheCrystalItIsOutOfTune) {
  crystal = false;
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kNoCrystal);
  EXPECT_EQ(TestClock::core_hz(), 120'000'000U);
  EXPECT_EQ(FakeRegisters::values[TestClock::kControl] & TestClock::kMsiPll, 0U);
}

void expect_slow(ClockState state) {
  TestClock::init();
  EXPECT_EQ(TestClock::state(), state);
  EXPECT_EQ(TestClock::core_hz(), kMsiHz);
  EXPECT_EQ(FakeRegisters::values[TestClock::kConfig] & (TestClock::kSwitchMask | TestClock::kAhbPrescaler), 0U);
  EXPECT_EQ(FakeRegisters::values[TestClock::kControl] & TestClock::kPllOn, 0U);
}

TEST_F(Stm32L4ClockTest, APllThatDoesNotLock) {
  pll = false;
  expect_slow(ClockState::kNoPll);
}
TEST_F(Stm32L4ClockTest, NoVoltageForFullSpeed) {
  regulator = false;
  expect_slow(ClockState::kNoRegulator);
  EXPECT_EQ(FakeRegisters::first_write(TestClock::kControl, TestClock::kPllOn), -1);
}
TEST_F(Stm32L4ClockTest, FlashThatDoesNotTakeItsWaitStatesIsNeverOutrun) {
  takes_waits = false;
  expect_slow(ClockState::kNotSwitched);
  EXPECT_EQ(FakeRegisters::first_write(TestClock::kConfig, TestClock::kSwitchPll), -1);
}
TEST_F(Stm32L4ClockTest, ACoreThatStaysOnItsClock) {
  switches = false;
  expect_slow(ClockState::kNotSwitched);
}

// RM0432, flash organisation.
static_assert(page_of(0x0810'0000, true).control_bits == 1U << 11 && page_of(0x0810'0000, true).bytes == 4096);
static_assert(page_of(0x0810'1000, true).control_bits == (1U << 11 | 1U << 3));
static_assert(page_of(0x080F'F000, true).control_bits == 255U << 3);
static_assert(page_of(0x0810'0000, false).control_bits == 128U << 3 && page_of(0x0810'0000, false).bytes == 8192);

using Slot = FlashSlot<0x0810'0000, 0x0010'0000, FakeRegisters>;

class Stm32L4FlashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    FakeRegisters::reset();
    FakeRegisters::values[Slot::kControl] = Slot::kLocked;
    FakeRegisters::values[Slot::kAccess] = 0x705;
    FakeRegisters::react = [this](std::uintptr_t address, std::uint32_t value) {
      auto& now = FakeRegisters::values;
      if (address == Slot::kStatus) now[address] = 0;
      if (address == Slot::kKey && value == 0xCDEF'89AB) now[Slot::kControl] &= ~Slot::kLocked;
      if (address == Slot::kControl && (value & Slot::kStart) != 0) erased_.push_back(value & 0xFF8);
      const bool works =
          address == Slot::kControl ? (value & Slot::kStart) != 0 : address >= 0x0810'0000 && address < 0x0900'0000;
      if (works) caches_.insert(now[Slot::kAccess] & Slot::kCaches);
      if (works && fails_) now[Slot::kStatus] = 1U << 4;  // WRPERR
      if (works && address == worn_) now[address] = 0;
    };
  }
  ~Stm32L4FlashTest() override { FakeRegisters::reset(); }

  std::vector<std::uint32_t> erased_;
  std::set<std::uint32_t> caches_;  // that were on while flash was erased or programmed
  bool fails_ = false;
  std::uintptr_t worn_ = 0;  // a cell that does not take what is written
};

TEST_F(Stm32L4FlashTest, PagesAreOfTheSizeThatTheChipIsSetTo) {
  FakeRegisters::values[Slot::kOptions] = Slot::kTwoBanks;
  EXPECT_TRUE(Slot::erase(8193));
  EXPECT_EQ(erased_, (std::vector<std::uint32_t>{0x800, 0x808, 0x810}));
  erased_.clear();
  FakeRegisters::values[Slot::kOptions] = 0;
  EXPECT_TRUE(Slot::erase(8193));
  EXPECT_EQ(erased_, (std::vector<std::uint32_t>{0x400, 0x408}));
  EXPECT_EQ(FakeRegisters::values[Slot::kControl], Slot::kLocked);
  EXPECT_EQ(FakeRegisters::values[Slot::kAccess], 0x705U) << "caches on as before";
  EXPECT_EQ(caches_, std::set<std::uint32_t>{0}) << "off meanwhile";
  EXPECT_GE(FakeRegisters::first_write(Slot::kAccess, Slot::kDataCacheReset | Slot::kInstructionCacheReset), 0);
}

TEST_F(Stm32L4FlashTest, ProgramsTwoWordsAtATime) {
  std::array<std::byte, 16> data{};
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i);
  EXPECT_TRUE(Slot::program(16, data));
  EXPECT_EQ(FakeRegisters::values[0x0810'0014], 0x0706'0504U);
  EXPECT_EQ(caches_, std::set<std::uint32_t>{0}) << "off meanwhile";
  EXPECT_FALSE(Slot::program(4, data)) << "half of what a check code covers";
  EXPECT_FALSE(Slot::program(0x0010'0000 - 8, data));
}

TEST_F(Stm32L4FlashTest, AnErrorOfTheControllerIsToldAndEndsTheWork) {
  fails_ = true;
  EXPECT_FALSE(Slot::erase(3 * 8192));
  EXPECT_EQ(erased_.size(), 1U);
  EXPECT_FALSE(Slot::program(0, std::array<std::byte, 16>{}));
  EXPECT_FALSE(FakeRegisters::values.contains(0x0810'0008)) << "ends with the first two words";
  EXPECT_EQ(FakeRegisters::values[Slot::kControl], Slot::kLocked);
}

TEST_F(Stm32L4FlashTest, AControllerThatStaysLockedIsTold) {
  FakeRegisters::react = nullptr;
  EXPECT_FALSE(Slot::erase(16));
  EXPECT_FALSE(Slot::program(0, std::array<std::byte, 8>{}));
  EXPECT_EQ(FakeRegisters::first_write(Slot::kControl, Slot::kPageErase), -1);
  EXPECT_FALSE(FakeRegisters::values.contains(0x0810'0000));
  EXPECT_EQ(FakeRegisters::values[Slot::kAccess], 0x705U) << "caches on as before";
}

TEST_F(Stm32L4FlashTest, WhatIsNotHeldIsTold) {
  std::array<std::byte, 16> data{};
  data.fill(std::byte{0x5A});
  worn_ = 0x0810'000C;
  EXPECT_FALSE(Slot::program(0, data));
  EXPECT_TRUE(Slot::program(16, data));
}

}  // namespace
}  // namespace tinyrig::port::stm32::l4
