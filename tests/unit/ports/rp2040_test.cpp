// RP2040: boot check, PLL, baud rate, and the counter that is made of two.
#include <gtest/gtest.h>

#include <string_view>

#include "agent_firmware/ports/rp2040/boot2_crc.h"
#include "agent_firmware/ports/rp2040/clock.h"
#include "agent_firmware/ports/rp2040/counter.h"
#include "agent_firmware/ports/rp2040/flash.h"
#include "agent_firmware/ports/rp2040/uart.h"
#include "tests/unit/ports/fake_registers.h"

namespace tinyrig::port::rp2040 {
namespace {

TEST(Rp2040Boot, CrcIsTheOneOfTheRom) {
  // The check value of this CRC (CRC-32/MPEG-2), and bytes of zero, which it does not ignore.
  constexpr std::uint8_t kDigits[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  static_assert(boot2_crc(kDigits) == 0x0376'E6E7);
  constexpr std::uint8_t kZeros[4] = {};
  static_assert(boot2_crc(kZeros) == 0xC704'DD7B);
}

// What an open line, or one that is held low, gives is no id.
TEST(Rp2040Flash, TheSameByteAllAlongIsNoId) {
  constexpr std::uint8_t kOpen[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, kLow[8] = {};
  constexpr std::uint8_t kId[] = {0xE6, 0x60, 0x58, 0x38, 0x83, 0x11, 0x22, 0x33}, kLast[] = {0, 0, 0, 0, 0, 0, 0, 1};
  static_assert(!is_unique_id(kOpen) && !is_unique_id(kLow) && is_unique_id(kId) && is_unique_id(kLast));
}

// 133 MHz are 1596 / 6 / 2, and 125 MHz are 1500 / 6 / 2.
TEST(Rp2040Pll, Settings) {
  const PllSettings fast = plan_pll(133'000'000);
  EXPECT_EQ(fast.feedback, 133U);
  EXPECT_EQ(fast.post1, 6U);
  EXPECT_EQ(fast.post2, 2U);
  const PllSettings usual = plan_pll(125'000'000);
  EXPECT_EQ(usual.feedback, 125U);
  EXPECT_EQ(usual.post1 * usual.post2, 12U);
  EXPECT_EQ(plan_pll(133'333'333).feedback, 0U);
}

// 125 MHz at 115200 is divided by 67 and 52/64.
TEST(Rp2040Uart, Dividers) {
  EXPECT_EQ(baud_divider(125'000'000, 115'200).whole, 67U);
  EXPECT_EQ(baud_divider(125'000'000, 115'200).sixty_fourths, 52U);
  EXPECT_EQ(baud_divider(133'000'000, 921'600).whole, 9U);
  EXPECT_EQ(baud_divider(133'000'000, 921'600).sixty_fourths, 1U);
  EXPECT_EQ(baud_divider(12'000'000, 1'000'000).whole, 0U);
  EXPECT_EQ(baud_divider(133'000'000, 0).whole, 0U);
}

static_assert(nearest_with_low_bits(0x500'0000, 0x00'0010) == 0x500'0010);
static_assert(nearest_with_low_bits(0x500'0000, 0xFF'FFF0) == 0x4FF'FFF0);
static_assert(nearest_with_low_bits(0x4FF'FFF0, 0x00'0010) == 0x500'0010);
static_assert(nearest_with_low_bits(0x4FF'FFF0, 0xFF'FFF0) == 0x4FF'FFF0);

// Any time, in cycles; the timer began long before SysTick was set.
struct Machine {
  static inline std::uint64_t cycles = 0;
  static std::uint32_t read(std::uintptr_t address) {
    using Counter = CycleCounter<Machine, Machine>;
    cycles += 3;  // a read takes time
    const std::uint64_t microseconds = cycles / 133;
    if (address == Counter::kTimerHigh) return static_cast<std::uint32_t>(microseconds >> 32);
    if (address == Counter::kTimerLow) return static_cast<std::uint32_t>(microseconds);
    return static_cast<std::uint32_t>(started - cycles) & 0xFF'FFFF;  // SysTick counts down
  }
  static void write(std::uintptr_t address, std::uint32_t) {
    if (address == CycleCounter<Machine, Machine>::kValue) started = cycles;
  }
  static std::uint64_t core_hz() { return 133'000'000; }
  static std::uint32_t cycles_per_timer_tick() { return 133; }
  static inline std::uint64_t started = 0;
};
using Counter = CycleCounter<Machine, Machine>;

TEST(Rp2040Counter, IsExactOverEveryWrap) {
  Machine::cycles = 123'456'789'077;
  Counter::init();
  EXPECT_TRUE(Counter::counts_core_cycles());
  EXPECT_EQ(Counter::period(), UINT64_MAX);
  const std::uint64_t start = Counter::now(), cycles_at_start = Machine::cycles;
  std::uint64_t step = 1;
  for (int i = 0; i < 2000; ++i) {  // from one cycle to hours; across SysTick's wrap, and the timer's low word
    Machine::cycles += step;
    const std::uint64_t now = Counter::now();
    ASSERT_EQ(now - start, Machine::cycles - cycles_at_start) << "after " << step;
    step = i % 50 == 49 ? 1 : step * 2 % 1'000'000'007 * 7 + 1;
  }
  EXPECT_GT(Machine::cycles / 133 >> 32, cycles_at_start / 133 >> 32);
}

// The two are never in step; half a turn of SysTick off, every read would be in doubt, were the difference not taken
// out.
TEST(Rp2040Counter, IsExactWhereverSysTickStands) {
  for (std::uint64_t apart = 0; apart < 1U << 24; apart += 61) {
    Machine::cycles = (std::uint64_t{7358} << 24) + apart;
    Counter::init();
    const std::uint64_t start = Counter::now(), cycles_at_start = Machine::cycles;
    for (int i = 0; i < 4; ++i) {
      Machine::cycles += 40;
      const std::uint64_t now = Counter::now();
      ASSERT_EQ(now - start, Machine::cycles - cycles_at_start) << apart << " cycles apart";
    }
  }
}

using TestClock = Clock<133'000'000, FakeRegisters>;

class Rp2040ClockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    FakeRegisters::reset();
    FakeRegisters::values[TestClock::kReferenceSelected] = FakeRegisters::values[TestClock::kSystemSelected] = 1;
    FakeRegisters::values[TestClock::kPllPower] = 0x2D;
    FakeRegisters::react = [this](std::uintptr_t address, std::uint32_t value) {
      auto& registers = FakeRegisters::values;
      if (address == kResets) registers[kResets + 8] = ~value;
      if (address == kResets && (value & kResetPll) != 0 && registers[TestClock::kSystemSelected] == 2) stopped = true;
      if (address == TestClock::kCrystal && crystal) registers[TestClock::kCrystalStatus] = TestClock::kCrystalStable;
      if (address == TestClock::kReference) registers[TestClock::kReferenceSelected] = 1U << value;
      if (address == TestClock::kSystem && switches) registers[TestClock::kSystemSelected] = 1U << (value & 1);
      if (address == TestClock::kPllPower && pll && (value & (TestClock::kPllOff | TestClock::kVcoOff)) == 0) {
        registers[TestClock::kPllSystem] |= TestClock::kPllLocked;
      }
    };
  }
  ~Rp2040ClockTest() override { FakeRegisters::reset(); }
  bool crystal = true, pll = true, switches = true;
  bool stopped = false;  // the PLL was reset while the core ran on it
};

TEST_F(Rp2040ClockTest, FullSpeed) {
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kFullSpeed);
  EXPECT_EQ(TestClock::core_hz(), 133'000'000U);
  EXPECT_EQ(TestClock::cycles_per_timer_tick(), 133U);
  const auto& values = FakeRegisters::values;
  EXPECT_EQ(values.at(TestClock::kCrystalStartup), 47U) << "as the datasheet computes it";
  EXPECT_EQ(values.at(TestClock::kPllFeedback), 133U);
  EXPECT_EQ(values.at(TestClock::kPllPost), 0x6'2000U);
  EXPECT_EQ(values.at(TestClock::kPllPower), 0x04U) << "PLL, VCO and dividers on";
  EXPECT_EQ(values.at(TestClock::kTick), 0x20CU) << "the timer counts microseconds";
  EXPECT_LT(FakeRegisters::first_write(TestClock::kPllPost, 0),
            FakeRegisters::first_write(TestClock::kSystem, TestClock::kSystemFromAux));
}

TEST_F(Rp2040ClockTest, AResetOfTheCoreAloneLeavesThePllUnderIt) {
  FakeRegisters::values[TestClock::kSystem] = TestClock::kSystemFromAux;
  FakeRegisters::values[TestClock::kSystemSelected] = 2;
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kFullSpeed);
  EXPECT_FALSE(stopped);
  EXPECT_LT(FakeRegisters::first_write(TestClock::kSystem, 0), FakeRegisters::first_write(kResets, kResetPll))
      << "off the PLL before it is reset";
}

TEST_F(Rp2040ClockTest, WithoutTheCrystalTheRingOscillatorGoesOn) {
  crystal = false;
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kNoCrystal);
  EXPECT_EQ(TestClock::core_hz(), kRingHz);
  EXPECT_EQ(TestClock::cycles_per_timer_tick(), 12U) << "timer and core still have one oscillator";
}

TEST_F(Rp2040ClockTest, APllThatDoesNotLockLeavesTheCrystal) {
  pll = false;
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kNoPll);
  EXPECT_EQ(TestClock::core_hz(), kCrystalHz);
  EXPECT_EQ(FakeRegisters::values[TestClock::kSystem] & 1, 0U);
}

TEST_F(Rp2040ClockTest, ACoreThatStaysOnItsClock) {
  switches = false;
  TestClock::init();
  EXPECT_EQ(TestClock::state(), ClockState::kNotSwitched);
  EXPECT_EQ(TestClock::core_hz(), kCrystalHz);
}

}  // namespace
}  // namespace tinyrig::port::rp2040
