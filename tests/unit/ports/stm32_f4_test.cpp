// STM32F4: dividers and wait states, and a clock tree of which any part may not answer.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <set>
#include <vector>

#include "agent_firmware/ports/stm32/f4_clock.h"
#include "agent_firmware/ports/stm32/f4_flash.h"
#include "agent_firmware/ports/stm32/f4_usart.h"
#include "agent_firmware/ports/stm32/gpio.h"
#include "agent_firmware/ports/stm32/timer.h"
#include "tests/unit/ports/fake_registers.h"

namespace tinyrig::port::stm32::f4 {
namespace {

// RM0390, table of wait states at 2.7 V to 3.6 V.
static_assert(wait_states(30'000'000) == 0 && wait_states(30'000'001) == 1 && wait_states(60'000'000) == 1);
static_assert(wait_states(90'000'000) == 2 && wait_states(168'000'000) == 5 && wait_states(180'000'000) == 5);

TEST(Stm32F4Pll, Settings) {
  const PllSettings f446 = plan_pll(8'000'000, 180'000'000);
  EXPECT_EQ(f446.m, 4U);
  EXPECT_EQ(f446.n, 180U);
  EXPECT_EQ(f446.p, 2U);
  EXPECT_EQ(f446.bits(), 0x0800'2D04U);
  const PllSettings f405 = plan_pll(25'000'000, 168'000'000);  // no even megahertz from 25: 1 MHz into the VCO
  EXPECT_EQ(f405.m, 25U);
  EXPECT_EQ(f405.n, 336U);
  EXPECT_EQ(f405.q, 7U) << "48 MHz for USB";
  EXPECT_EQ(f405.bits(), 0x0700'5419U);
  EXPECT_EQ(plan_pll(kInternalHz, 180'000'000).m, 8U);
  EXPECT_EQ(plan_pll(8'000'000, 1'000'000'000).m, 0U);
  EXPECT_EQ(plan_pll(8'000'001, 180'000'000).m, 0U);
}

// In sixteenths: 45 MHz at 115200 is divided by 24.4375.
TEST(Stm32F4Usart, Dividers) {
  EXPECT_EQ(baud_divider(45'000'000, 115'200), 391U);
  EXPECT_EQ(baud_divider(84'000'000, 115'200), 729U);
  EXPECT_EQ(baud_divider(16'000'000, 1'000'000), 16U);
  EXPECT_EQ(baud_divider(16'000'000, 1'000'001), 0U);
  EXPECT_EQ(baud_divider(45'000'000, 0), 0U);
  EXPECT_EQ(baud_divider(45'000'000, 300), 0U) << "does not fit into 16 bits";
}

// A peripheral whose clock was just switched on is not written to yet.
class Stm32PeripheralTest : public ::testing::Test {
 protected:
  void SetUp() override { FakeRegisters::reset(); }
  ~Stm32PeripheralTest() override { FakeRegisters::reset(); }
};
constexpr std::uintptr_t kBankClocks = 0x1000, kClocks = 0x1004;

struct TestUsart {
  static constexpr std::uintptr_t kBase = 0x2000, kBankEnable = kBankClocks, kClockEnable = kClocks;
  static constexpr std::uint32_t kBankEnableBit = 2, kClockEnableBit = 4, kFunction = 7;
  static constexpr Pin kTransmit{0x3000, 2}, kReceive{0x3000, 3};
  static std::uint32_t clock_hz() { return 45'000'000; }
};

TEST_F(Stm32PeripheralTest, AUsartAndItsPinsWaitForTheirClocks) {
  Usart<TestUsart, FakeRegisters>::init(115'200);
  EXPECT_TRUE(FakeRegisters::is_read_back(kBankClocks, 2));
  EXPECT_TRUE(FakeRegisters::is_read_back(kClocks, 4));
  EXPECT_EQ(FakeRegisters::values[0x2008], 391U);
}

struct TestTimer {
  static constexpr std::uintptr_t kBase = 0x2000, kClockEnable = kClocks;
  static constexpr std::uint32_t kClockEnableBit = 1, kDivider = 64;
  static std::uint32_t clock_hz() { return 90'000'000; }
};

TEST_F(Stm32PeripheralTest, ATimerWaitsForItsClock) {
  Timer<TestTimer, FakeRegisters>::init();
  EXPECT_TRUE(FakeRegisters::is_read_back(kClocks, 1));
  EXPECT_EQ(FakeRegisters::values[0x2028], 63U);
}

TEST_F(Stm32PeripheralTest, ATriggerPinWaitsForItsClock) {
  PinTrigger<0x3000, 8, kBankClocks, 1, FakeRegisters>::init();
  EXPECT_TRUE(FakeRegisters::is_read_back(kBankClocks, 1));
  EXPECT_EQ(FakeRegisters::values[0x3000], 1U << 16);
}

struct Nucleo {
  static constexpr std::uint32_t kExternalHz = 8'000'000, kCoreHz = 180'000'000;
  static constexpr External kExternal = External::kClockSignal;
  static constexpr bool kOverDrive = true;
};
using TestClock = Clock<Nucleo, FakeRegisters>;

class Stm32F4ClockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    FakeRegisters::reset();
    FakeRegisters::react = [this](std::uintptr_t address, std::uint32_t value) { react(address, value); };
  }
  ~Stm32F4ClockTest() override { FakeRegisters::reset(); }

  // A chip: what is switched on is ready, if it works.
  void react(std::uintptr_t address, std::uint32_t value) const {
    auto& registers = FakeRegisters::values;
    const auto answer = [&](std::uint32_t on, std::uint32_t ready, bool works) {
      if ((value & on) != 0 && works) registers[address] |= ready;
      if ((value & on) == 0) registers[address] &= ~ready;
    };
    if (address == TestClock::kControl) {
      answer(TestClock::kHseOn, TestClock::kHseReady, crystal);
      answer(TestClock::kPllOn, TestClock::kPllReady, pll);
    }
    if (address == TestClock::kPower && over_drive) {
      registers[TestClock::kPowerStatus] = value & (TestClock::kOverDriveOn | TestClock::kOverDriveSwitch);
    }
    if (address == TestClock::kConfig && switches) {
      registers[address] = (value & ~TestClock::kSwitchedMask) | (value & TestClock::kSwitchMask) << 2;
    }
    if (address == TestClock::kFlashAccess && !takes_waits) registers[address] = 0;
  }

  bool crystal = true, pll = true, over_drive = true, switches = true, takes_waits = true;
};

TEST_F(Stm32F4ClockTest, FullSpeedInTheOrderOfTheManual) {
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kFullSpeed);
  EXPECT_EQ(TestClock::core_hz(), 180'000'000U);
  EXPECT_EQ(TestClock::apb1_hz(), 45'000'000U);
  EXPECT_EQ(TestClock::apb2_hz(), 90'000'000U);
  EXPECT_EQ(TestClock::timer1_hz(), 90'000'000U);
  const auto& values = FakeRegisters::values;
  EXPECT_EQ(values.at(TestClock::kPllSettings), 0x0800'2D04U | TestClock::kPllFromHse);
  EXPECT_EQ(values.at(TestClock::kFlashAccess), 0x705U) << "5 wait states, prefetch, both caches";
  EXPECT_EQ(values.at(TestClock::kConfig), 0x0000'940AU) << "APB1 / 4, APB2 / 2, PLL";
  EXPECT_NE(values.at(TestClock::kControl) & TestClock::kHseBypass, 0U) << "the ST-LINK gives a clock, no crystal";
  EXPECT_TRUE(FakeRegisters::is_read_back(TestClock::kApb1Enable, TestClock::kPowerClock));
  const int driven = FakeRegisters::first_write(TestClock::kPower, TestClock::kOverDriveSwitch);
  const int waits = FakeRegisters::first_write(TestClock::kFlashAccess, 5);
  const int switched = FakeRegisters::first_write(TestClock::kConfig, TestClock::kSwitchPll);
  EXPECT_LT(FakeRegisters::first_write(TestClock::kControl, TestClock::kPllOn), driven);
  EXPECT_LT(driven, waits);
  EXPECT_LT(waits, switched);
}

TEST_F(Stm32F4ClockTest, WithoutTheOutsideClockTheInternalOneDrivesThePll) {
  crystal = false;
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kNoCrystal);
  EXPECT_EQ(TestClock::core_hz(), 180'000'000U);
  EXPECT_EQ(FakeRegisters::values.at(TestClock::kPllSettings), plan_pll(kInternalHz, 180'000'000).bits());
  EXPECT_EQ(FakeRegisters::values.at(TestClock::kControl) & TestClock::kHseOn, 0U);
}

void expect_slow(ClockState state) {
  TestClock::init();
  EXPECT_EQ(TestClock::state(), state);
  EXPECT_EQ(TestClock::core_hz(), kInternalHz);
  EXPECT_EQ(TestClock::apb1_hz(), kInternalHz);
  EXPECT_EQ(TestClock::timer1_hz(), kInternalHz);
  EXPECT_EQ(FakeRegisters::values[TestClock::kConfig] & (TestClock::kSwitchMask | TestClock::kPrescalers), 0U);
  EXPECT_EQ(FakeRegisters::values[TestClock::kControl] & TestClock::kPllOn, 0U);
  EXPECT_LT(FakeRegisters::reads, 200'000U) << "every wait ends";
}

TEST_F(Stm32F4ClockTest, APllThatDoesNotLock) {
  pll = false;
  expect_slow(ClockState::kNoPll);
}
TEST_F(Stm32F4ClockTest, NoVoltageForFullSpeed) {
  over_drive = false;
  expect_slow(ClockState::kNoRegulator);
}
TEST_F(Stm32F4ClockTest, ACoreThatStaysOnItsClock) {
  switches = false;
  expect_slow(ClockState::kNotSwitched);
}
TEST_F(Stm32F4ClockTest, FlashThatDoesNotTakeItsWaitStatesIsNeverOutrun) {
  takes_waits = false;
  expect_slow(ClockState::kNotSwitched);
  EXPECT_EQ(FakeRegisters::first_write(TestClock::kConfig, TestClock::kSwitchPll), -1);
}
TEST_F(Stm32F4ClockTest, RegistersThatReadAsZero) {  // QEMU
  FakeRegisters::react = [](std::uintptr_t address, std::uint32_t) { FakeRegisters::values[address] = 0; };
  expect_slow(ClockState::kNoPll);
}

static_assert(sector_address(5) == 0x0802'0000 && sector_address(8) == 0x0808'0000);
using Slot = FlashSlot<5, 3, FakeRegisters>;
static_assert(Slot::kAddress == 0x0802'0000 && Slot::kBytes == 384 * 1024);

class Stm32F4FlashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    FakeRegisters::reset();
    auto& registers = FakeRegisters::values;
    registers[Slot::kControl] = Slot::kLocked;
    registers[Slot::kAccess] = 0x705;
    FakeRegisters::react = [this](std::uintptr_t address, std::uint32_t value) {
      auto& now = FakeRegisters::values;
      if (address == Slot::kStatus) now[address] = 0;  // written ones clear
      if (address == Slot::kKey) keys_.push_back(value);
      if (address == Slot::kKey && keys_ == std::vector<std::uint32_t>{0x4567'0123, 0xCDEF'89AB}) {
        now[Slot::kControl] &= ~Slot::kLocked;
      }
      const bool works = address == Slot::kControl
                             ? (value & Slot::kStart) != 0
                             : address >= Slot::kAddress && address < Slot::kAddress + Slot::kBytes;
      if (works) caches_.insert(now[Slot::kAccess] & Slot::kCaches);
      if (address == Slot::kControl && (value & Slot::kStart) != 0) {
        erased_.push_back(value >> 3 & 0xF);
        now[Slot::kStatus] = fails_ ? 1U << 4 : 0;  // WRPERR
      }
    };
  }
  ~Stm32F4FlashTest() override { FakeRegisters::reset(); }

  std::vector<std::uint32_t> keys_, erased_;
  std::set<std::uint32_t> caches_;  // that were on while flash was erased or programmed
  bool fails_ = false;
};

TEST_F(Stm32F4FlashTest, ErasesTheSectorsThatAreNeeded) {
  EXPECT_TRUE(Slot::erase(128 * 1024 + 1));
  EXPECT_EQ(erased_, (std::vector<std::uint32_t>{5, 6}));
  EXPECT_EQ(FakeRegisters::values[Slot::kControl], Slot::kLocked);
  EXPECT_EQ(FakeRegisters::values[Slot::kAccess], 0x705U) << "caches on as before";
  EXPECT_EQ(caches_, std::set<std::uint32_t>{0}) << "off meanwhile";
  EXPECT_GE(FakeRegisters::first_write(Slot::kAccess, Slot::kDataCacheReset | Slot::kInstructionCacheReset), 0);
  EXPECT_FALSE(Slot::erase(Slot::kBytes + 1));
}

TEST_F(Stm32F4FlashTest, AnErrorOfTheControllerIsTold) {
  fails_ = true;
  EXPECT_FALSE(Slot::erase(Slot::kBytes));
  EXPECT_EQ(erased_, (std::vector<std::uint32_t>{5})) << "and ends it";
}

TEST_F(Stm32F4FlashTest, ProgramsWordsAndReadsThemBack) {
  std::array<std::byte, 16> data{};
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i);
  EXPECT_TRUE(Slot::program(32, data));
  EXPECT_EQ(FakeRegisters::values[0x0802'0024], 0x0706'0504U);
  EXPECT_EQ(FakeRegisters::values[Slot::kAccess], 0x705U) << "caches on as before";
  EXPECT_EQ(caches_, std::set<std::uint32_t>{0}) << "off meanwhile";
  EXPECT_FALSE(Slot::program(2, data));
  EXPECT_FALSE(Slot::program(Slot::kBytes - 8, data));
  // A cell that does not take it.
  FakeRegisters::react = [](std::uintptr_t address, std::uint32_t) {
    if (address == 0x0802'0044) FakeRegisters::values[address] = 0;
    if (address == Slot::kKey) FakeRegisters::values[Slot::kControl] &= ~Slot::kLocked;
  };
  EXPECT_FALSE(Slot::program(64, data));
}

TEST_F(Stm32F4FlashTest, AControllerThatStaysLockedIsTold) {
  FakeRegisters::react = nullptr;
  EXPECT_FALSE(Slot::erase(16));
  EXPECT_EQ(FakeRegisters::first_write(Slot::kControl, Slot::kSectorErase), -1);
  EXPECT_EQ(FakeRegisters::values[Slot::kAccess], 0x705U) << "caches on as before";
}

}  // namespace
}  // namespace tinyrig::port::stm32::f4
