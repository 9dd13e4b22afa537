// The clock tree of RP2040: 133 MHz, its highest, from the 12 MHz crystal; the timer's microsecond from the same.
// Source: RP2040 datasheet, chapters Clocks, XOSC, PLL, Watchdog (tick) and Resets.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/clock.h"
#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::rp2040 {

inline constexpr std::uint32_t kCrystalHz = 12'000'000;
inline constexpr std::uint32_t kRingHz = 6'500'000;  // about: the ring oscillator after reset

struct PllSettings {
  std::uint32_t feedback = 0, post1 = 0, post2 = 0;  // feedback 0: there are none
  constexpr std::uint32_t output_hz() const { return kCrystalHz * feedback / post1 / post2; }
};

// With 750 MHz to 1600 MHz in the VCO, the highest that goes: less jitter. Dividers of 1 to 7, the larger one first.
constexpr PllSettings plan_pll(std::uint32_t target_hz) {
  for (std::uint32_t feedback = 133; feedback >= 63; --feedback) {
    for (std::uint32_t post1 = 7; post1 >= 1; --post1) {
      for (std::uint32_t post2 = post1; post2 >= 1; --post2) {
        if (kCrystalHz * feedback == target_hz * post1 * post2) return {feedback, post1, post2};
      }
    }
  }
  return {};
}

// Parts of the chip are held in reset until they are started.
inline constexpr std::uintptr_t kResets = 0x4000'C000;
inline constexpr std::uint32_t kResetIoBank = 1U << 5, kResetPads = 1U << 8, kResetPll = 1U << 12,
                               kResetTimer = 1U << 21, kResetUart0 = 1U << 22;
template <class Registers>
bool start_parts(std::uint32_t parts) {
  clear_bits<Registers>(kResets, parts);
  return poll<Registers>(kResets + 0x08, parts, parts, 10'000);
}
template <class Registers>
bool reset_parts(std::uint32_t parts) {
  set_bits<Registers>(kResets, parts);
  return start_parts<Registers>(parts);
}

template <std::uint32_t kCoreHz, class Registers = MappedRegisters>
class Clock {
 public:
  static constexpr PllSettings kPll = plan_pll(kCoreHz);
  static_assert(kPll.feedback != 0 && kPll.output_hz() == kCoreHz && kCoreHz % 1'000'000 == 0);
  static constexpr std::uint32_t kTickCycles = kCrystalHz / 1'000'000;

  static void init() {
    // Down to the ring oscillator first: a reset of the core alone leaves the PLL under it.
    clear_bits<Registers>(kSystem, kSystemFromAux);
    poll<Registers>(kSystemSelected, 1, 1, kRounds);
    Registers::write(kReference, 0);
    poll<Registers>(kReferenceSelected, 1, 1, kRounds);
    state_ = raise_speed();
    // The watchdog's tick drives the timer: 1 us of the crystal.
    Registers::write(kTick, kTickCycles | 1U << 9);
    Registers::write(kPeripheral, 1U << 11);  // on, from the core's clock
    reset_parts<Registers>(kResetTimer);
    running_hz_ = state_ == ClockState::kFullSpeed ? kCoreHz : crystal_runs_ ? kCrystalHz : kRingHz;
  }
  static std::uint32_t core_hz() { return running_hz_; }
  // Cycles of the core in one tick of the timer: exact, for both come from the same oscillator.
  static std::uint32_t cycles_per_timer_tick() {
    return state_ == ClockState::kFullSpeed ? kCoreHz / 1'000'000 : kTickCycles;
  }
  static ClockState state() { return state_; }

  static constexpr std::uintptr_t kClocks = 0x4000'8000, kReference = kClocks + 0x30,
                                  kReferenceSelected = kClocks + 0x38, kSystem = kClocks + 0x3C,
                                  kSystemSelected = kClocks + 0x44, kPeripheral = kClocks + 0x48;
  static constexpr std::uintptr_t kCrystal = 0x4002'4000, kCrystalStatus = kCrystal + 0x04,
                                  kCrystalStartup = kCrystal + 0x0C;
  static constexpr std::uintptr_t kPllSystem = 0x4002'8000, kPllPower = kPllSystem + 0x04,
                                  kPllFeedback = kPllSystem + 0x08, kPllPost = kPllSystem + 0x0C;
  static constexpr std::uintptr_t kTick = 0x4005'802C;
  static constexpr std::uint32_t kCrystalEnable = 0xFAB'000 | 0xAA0, kCrystalStable = 1U << 31;  // 1 to 15 MHz
  static constexpr std::uint32_t kCrystalDelay = (kCrystalHz / 1000 + 128) / 256;                // 1 ms in 256 cycles
  static constexpr std::uint32_t kPllLocked = 1U << 31, kPllOff = 1U << 0, kVcoOff = 1U << 5, kPostOff = 1U << 3;
  static constexpr std::uint32_t kReferenceFromCrystal = 2, kSystemFromAux = 1;  // aux 0: PLL
  // At 6.5 MHz, 60 ms for the crystal and 12 ms for the rest.
  static constexpr std::uint32_t kCrystalRounds = 50'000, kRounds = 10'000;

 private:
  static ClockState raise_speed() {
    Registers::write(kCrystalStartup, kCrystalDelay);
    Registers::write(kCrystal, kCrystalEnable);
    crystal_runs_ = poll<Registers>(kCrystalStatus, kCrystalStable, kCrystalStable, kCrystalRounds);
    if (!crystal_runs_) return ClockState::kNoCrystal;
    Registers::write(kReference, kReferenceFromCrystal);
    if (!poll<Registers>(kReferenceSelected, 1U << kReferenceFromCrystal, 1U << kReferenceFromCrystal, kRounds)) {
      crystal_runs_ = false;
      return ClockState::kNotSwitched;
    }
    if (!reset_parts<Registers>(kResetPll)) return ClockState::kNoPll;
    Registers::write(kPllSystem, 1);  // reference divided by 1
    Registers::write(kPllFeedback, kPll.feedback);
    clear_bits<Registers>(kPllPower, kPllOff | kVcoOff);
    if (!poll<Registers>(kPllSystem, kPllLocked, kPllLocked, kRounds)) return ClockState::kNoPll;
    Registers::write(kPllPost, kPll.post1 << 16 | kPll.post2 << 12);
    clear_bits<Registers>(kPllPower, kPostOff);
    Registers::write(kSystem, kSystemFromAux);
    if (!poll<Registers>(kSystemSelected, 2, 2, kRounds)) {
      Registers::write(kSystem, 0);
      return ClockState::kNotSwitched;
    }
    return ClockState::kFullSpeed;
  }

  static inline ClockState state_ = ClockState::kNotSwitched;
  static inline bool crystal_runs_ = false;
  static inline std::uint32_t running_hz_ = kRingHz;
};

}  // namespace tinyrig::port::rp2040
