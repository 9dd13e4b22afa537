// The clock tree of STM32F405 and STM32F446, to their full speed. Sources: RM0090 (F405) and RM0390 (F446), chapters
// RCC, PWR (over-drive) and FLASH (wait states at 2.7 V to 3.6 V).
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/clock.h"
#include "agent_firmware/ports/shared/mmio.h"
#include "agent_firmware/ports/stm32/enable_clock.h"

namespace tinyrig::port::stm32::f4 {

inline constexpr std::uint32_t kInternalHz = 16'000'000;  // HSI

struct PllSettings {
  std::uint32_t m = 0, n = 0, p = 0, q = 0;  // m 0: there are none
  constexpr std::uint32_t output_hz(std::uint32_t source_hz) const { return source_hz / m * n / p; }
  // PLLCFGR without its source.
  constexpr std::uint32_t bits() const { return m | n << 6 | (p / 2 - 1) << 16 | q << 24; }
};

// Divider, multiplier and divider from `source_hz` to `target_hz`: 2 MHz into the VCO where that goes, for little
// jitter, else 1 MHz; 100 MHz to 432 MHz out of it. Q for at most 48 MHz.
constexpr PllSettings plan_pll(std::uint32_t source_hz, std::uint32_t target_hz) {
  for (const std::uint32_t input_hz : {2'000'000U, 1'000'000U}) {
    const std::uint32_t m = source_hz / input_hz;
    if (source_hz % input_hz != 0 || m < 2 || m > 63) continue;
    for (const std::uint32_t p : {2U, 4U, 6U, 8U}) {
      const std::uint64_t vco_hz = std::uint64_t{target_hz} * p;
      if (vco_hz % input_hz != 0 || vco_hz < 100'000'000 || vco_hz > 432'000'000) continue;
      const auto n = static_cast<std::uint32_t>(vco_hz / input_hz);
      if (n < 50 || n > 432) continue;
      const auto q = static_cast<std::uint32_t>((vco_hz + 47'999'999) / 48'000'000);
      return {m, n, p, q < 2 ? 2 : q};
    }
  }
  return {};
}

// Flash waits so many cycles at so many hertz: one more for each 30 MHz begun.
constexpr std::uint32_t wait_states(std::uint32_t core_hz) { return (core_hz - 1) / 30'000'000; }

enum class External { kCrystal, kClockSignal };

// Settings: kExternalHz, kExternal, kCoreHz (the chip's highest), kOverDrive (what that needs).
template <class Settings, class Registers = MappedRegisters>
class Clock {
 public:
  static constexpr PllSettings kFromExternal = plan_pll(Settings::kExternalHz, Settings::kCoreHz);
  static constexpr PllSettings kFromInternal = plan_pll(kInternalHz, Settings::kCoreHz);
  static_assert(kFromExternal.m != 0 && kFromExternal.output_hz(Settings::kExternalHz) == Settings::kCoreHz);
  static_assert(kFromInternal.m != 0 && kFromInternal.output_hz(kInternalHz) == Settings::kCoreHz);

  // From the internal oscillator, which runs after reset, to the PLL on the external one. What does not answer in time
  // leaves the best that is there.
  static void init() {
    state_ = raise_speed();
    running_hz_ = is_full_speed() ? Settings::kCoreHz : kInternalHz;
  }
  static std::uint32_t core_hz() { return running_hz_; }
  static std::uint32_t apb1_hz() { return is_full_speed() ? running_hz_ / 4 : running_hz_; }
  static std::uint32_t apb2_hz() { return is_full_speed() ? running_hz_ / 2 : running_hz_; }
  // A timer's clock is twice that of a bus that is divided.
  static std::uint32_t timer1_hz() { return is_full_speed() ? 2 * apb1_hz() : running_hz_; }
  static ClockState state() { return state_; }

  static constexpr std::uintptr_t kRcc = 0x4002'3800, kPwr = 0x4000'7000, kFlash = 0x4002'3C00;
  static constexpr std::uintptr_t kControl = kRcc, kPllSettings = kRcc + 0x04, kConfig = kRcc + 0x08,
                                  kAhb1Enable = kRcc + 0x30, kApb1Enable = kRcc + 0x40, kApb2Enable = kRcc + 0x44,
                                  kPower = kPwr, kPowerStatus = kPwr + 0x04, kFlashAccess = kFlash;
  static constexpr std::uint32_t kHseOn = 1U << 16, kHseReady = 1U << 17, kHseBypass = 1U << 18, kPllOn = 1U << 24,
                                 kPllReady = 1U << 25, kPllFromHse = 1U << 22;
  static constexpr std::uint32_t kSwitchPll = 2, kSwitchMask = 3, kSwitchedMask = 3U << 2, kSwitchedToPll = 2U << 2;
  static constexpr std::uint32_t kApb1By4 = 5U << 10, kApb2By2 = 4U << 13, kPrescalers = 0xFCF0;  // AHB undivided
  static constexpr std::uint32_t kOverDriveOn = 1U << 16, kOverDriveSwitch = 1U << 17;  // PWR_CR, ready in PWR_CSR
  static constexpr std::uint32_t kPowerClock = 1U << 28;
  static constexpr std::uint32_t kPrefetch = 1U << 8, kInstructionCache = 1U << 9, kDataCache = 1U << 10;
  // At 16 MHz: 25 ms for a crystal (2 ms typically), 5 ms for what the chip has (0.3 ms at most).
  static constexpr std::uint32_t kCrystalRounds = 50'000, kRounds = 10'000;

 private:
  static bool is_full_speed() { return state_ == ClockState::kFullSpeed || state_ == ClockState::kNoCrystal; }

  static ClockState raise_speed() {
    constexpr bool kSignal = Settings::kExternal == External::kClockSignal;
    set_bits<Registers>(kControl, kHseOn | (kSignal ? kHseBypass : 0));
    const bool external = poll<Registers>(kControl, kHseReady, kHseReady, kCrystalRounds);
    if (!external) clear_bits<Registers>(kControl, kHseOn | kHseBypass);
    // Bits that are not named here keep their reset values.
    replace_bits<Registers>(kPllSettings, 0x0F43'7FFF,
                            external ? kFromExternal.bits() | kPllFromHse : kFromInternal.bits());
    set_bits<Registers>(kControl, kPllOn);
    if (!poll<Registers>(kControl, kPllReady, kPllReady, kRounds)) return give_up(ClockState::kNoPll);
    if constexpr (Settings::kOverDrive) {
      enable_clock<Registers>(kApb1Enable, kPowerClock);
      set_bits<Registers>(kPower, kOverDriveOn);
      if (!poll<Registers>(kPowerStatus, kOverDriveOn, kOverDriveOn, kRounds)) return give_up(ClockState::kNoRegulator);
      set_bits<Registers>(kPower, kOverDriveSwitch);
      if (!poll<Registers>(kPowerStatus, kOverDriveSwitch, kOverDriveSwitch, kRounds)) {
        return give_up(ClockState::kNoRegulator);
      }
    }
    constexpr std::uint32_t kAccess = wait_states(Settings::kCoreHz) | kPrefetch | kInstructionCache | kDataCache;
    Registers::write(kFlashAccess, kAccess);  // before the core is faster than flash
    if (!poll<Registers>(kFlashAccess, 0xF, wait_states(Settings::kCoreHz), kRounds)) {
      return give_up(ClockState::kNotSwitched);
    }
    replace_bits<Registers>(kConfig, kPrescalers, kApb1By4 | kApb2By2);
    replace_bits<Registers>(kConfig, kSwitchMask, kSwitchPll);
    if (!poll<Registers>(kConfig, kSwitchedMask, kSwitchedToPll, kRounds)) return give_up(ClockState::kNotSwitched);
    return external ? ClockState::kFullSpeed : ClockState::kNoCrystal;
  }

  static ClockState give_up(ClockState why) {
    clear_bits<Registers>(kConfig, kSwitchMask | kPrescalers);  // the internal oscillator, every bus at its speed
    clear_bits<Registers>(kControl, kPllOn);
    return why;
  }

  static inline ClockState state_ = ClockState::kNotSwitched;
  static inline std::uint32_t running_hz_ = kInternalHz;
};

}  // namespace tinyrig::port::stm32::f4
