// The core's cycle counter is taken where it counts, and nowhere else: on cores that are built without it, on
// one whose debug part has no clock, on an emulator that knows none of its registers.
#include "agent_firmware/ports/cortex_m/cycle_counter.h"

#include <gtest/gtest.h>

#include <map>

#include "agent_firmware/ports/shared/clock.h"

namespace tinyrig::port {
namespace {

// A core's debug registers; what they do is set by each test.
struct FakeCore {
  static inline std::uint32_t writable_debug = ~0U, writable_control = ~0U, fixed_control = 0;
  static inline std::uint32_t cycles_per_read = 4;
  static inline std::map<std::uintptr_t, std::uint32_t> values;

  static void reset() {
    writable_debug = writable_control = ~0U;
    fixed_control = 0;
    cycles_per_read = 4;
    values.clear();
  }
  static std::uint32_t read(std::uintptr_t address) {
    using Counter = CycleCounter<FakeCore>;
    const bool counts = (values[Counter::kDebugControl] & Counter::kTraceEnabled) != 0 &&
                        (values[Counter::kControl] & Counter::kCycleCounterEnabled) != 0;
    if (address == Counter::kCycles && counts) return values[address] += cycles_per_read;
    return address == Counter::kControl ? values[address] | fixed_control : values[address];
  }
  static void write(std::uintptr_t address, std::uint32_t value) {
    using Counter = CycleCounter<FakeCore>;
    if (address == Counter::kDebugControl) value &= writable_debug;
    if (address == Counter::kControl) value &= writable_control;
    values[address] = value;
  }
};

struct BoardTimer {
  static inline bool ready = false;
  static void init() { ready = true; }
  static constexpr bool counts_core_cycles() { return false; }
  static constexpr std::uint64_t ticks_per_second() { return 1'000'000; }
  static constexpr std::uint64_t period() { return UINT64_MAX; }
  static std::uint64_t now() { return 77; }
};

using Counter = CycleCounterOr<BoardTimer, FixedClock<168'000'000>, FakeCore>;

class CycleCounterTest : public testing::Test {
 protected:
  void SetUp() override { FakeCore::reset(); }

  static void expect_the_boards_timer() {
    Counter::init();
    EXPECT_FALSE(Counter::counts_core_cycles());
    EXPECT_EQ(Counter::ticks_per_second(), 1'000'000U);
    EXPECT_EQ(Counter::period(), UINT64_MAX);
    EXPECT_EQ(Counter::now(), 77U);
  }
};

TEST_F(CycleCounterTest, CountsCyclesInSixtyFourBits) {
  Counter::init();
  EXPECT_TRUE(BoardTimer::ready) << "there for who needs it";
  EXPECT_TRUE(Counter::counts_core_cycles());
  EXPECT_EQ(Counter::ticks_per_second(), 168'000'000U);
  EXPECT_EQ(Counter::period(), std::uint64_t{1} << 32);
  FakeCore::values[CycleCounter<FakeCore>::kCycles] = 0xFFFF'FFF8;
  const std::uint64_t before = Counter::now();
  EXPECT_EQ(before, 0xFFFF'FFFCU);
  EXPECT_EQ(Counter::now() - before, 4U) << "over the wrap";
}

TEST_F(CycleCounterTest, RegistersThatReadAsZero) {  // QEMU
  FakeCore::writable_debug = FakeCore::writable_control = 0;
  expect_the_boards_timer();
}

TEST_F(CycleCounterTest, CoreBuiltWithoutIt) {
  FakeCore::fixed_control = CycleCounter<FakeCore>::kNoCycleCounter;
  expect_the_boards_timer();
}

TEST_F(CycleCounterTest, SwitchThatDoesNotStick) {
  FakeCore::writable_control = 0;
  expect_the_boards_timer();
}

TEST_F(CycleCounterTest, CounterThatStandsStill) {
  FakeCore::cycles_per_read = 0;
  expect_the_boards_timer();
}

}  // namespace
}  // namespace tinyrig::port
