// The clock tree of STM32L4+ (STM32L4R5), to 120 MHz from the multi-speed oscillator (MSI), which the 32 kHz crystal
// keeps in tune. Source: RM0432, chapters RCC, PWR (range 1 boost mode) and FLASH (wait states).
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/clock.h"
#include "agent_firmware/ports/shared/mmio.h"
#include "agent_firmware/ports/stm32/enable_clock.h"

namespace tinyrig::port::stm32::l4 {

inline constexpr std::uint32_t kMsiHz = 4'000'000;  // MSI after reset

struct PllSettings {
  std::uint32_t m = 0, n = 0, r = 0;  // m 0: there are none
  constexpr std::uint32_t output_hz(std::uint32_t source_hz) const { return source_hz / m * n / r; }
  // PLLCFGR without its source, with output R on.
  constexpr std::uint32_t bits() const { return (m - 1) << 4 | n << 8 | 1U << 24 | (r / 2 - 1) << 25; }
};

// 4 MHz to 16 MHz into the VCO, 64 MHz to 344 MHz out of it.
constexpr PllSettings plan_pll(std::uint32_t source_hz, std::uint32_t target_hz) {
  for (std::uint32_t m = 1; m <= 16; ++m) {
    const std::uint32_t input_hz = source_hz / m;
    if (source_hz % m != 0 || input_hz < 4'000'000 || input_hz > 16'000'000) continue;
    for (const std::uint32_t r : {2U, 4U, 6U, 8U}) {
      const std::uint64_t vco_hz = std::uint64_t{target_hz} * r;
      if (vco_hz % input_hz != 0 || vco_hz < 64'000'000 || vco_hz > 344'000'000) continue;
      const auto n = static_cast<std::uint32_t>(vco_hz / input_hz);
      if (n >= 8 && n <= 127) return {m, n, r};
    }
  }
  return {};
}

// In range 1, with boost above 80 MHz: one more for each 20 MHz begun.
constexpr std::uint32_t wait_states(std::uint32_t core_hz) { return (core_hz - 1) / 20'000'000; }

// kCoreHz: above 80 MHz, up to 120 MHz.
template <std::uint32_t kCoreHz, class Registers = MappedRegisters>
class Clock {
 public:
  static constexpr PllSettings kPll = plan_pll(kMsiHz, kCoreHz);
  static_assert(kPll.m != 0 && kPll.output_hz(kMsiHz) == kCoreHz && kCoreHz > 80'000'000 && kCoreHz <= 120'000'000);

  static void init() {
    enable_clock<Registers>(kApb1Enable1, kPowerClock);
    const bool in_tune = tune();
    const ClockState failure = raise_speed();
    if (failure == ClockState::kFullSpeed) {
      state_ = in_tune ? ClockState::kFullSpeed : ClockState::kNoCrystal;
      running_hz_ = kCoreHz;
    } else {
      clear_bits<Registers>(kConfig, kSwitchMask | kAhbPrescaler);
      clear_bits<Registers>(kControl, kPllOn);
      state_ = failure;
      running_hz_ = kMsiHz;
    }
  }
  // Every bus runs at the core's speed.
  static std::uint32_t core_hz() { return running_hz_; }
  static ClockState state() { return state_; }

  static constexpr std::uintptr_t kRcc = 0x4002'1000, kPwr = 0x4000'7000;
  static constexpr std::uintptr_t kControl = kRcc, kConfig = kRcc + 0x08, kPllSettings = kRcc + 0x0C,
                                  kAhb2Enable = kRcc + 0x4C, kApb1Enable1 = kRcc + 0x58, kApb1Enable2 = kRcc + 0x5C,
                                  kBackup = kRcc + 0x90, kPower1 = kPwr, kPower2 = kPwr + 0x04,
                                  kPowerStatus2 = kPwr + 0x14, kPower5 = kPwr + 0x80, kFlashAccess = 0x4002'2000;
  static constexpr std::uint32_t kMsiPll = 1U << 2, kPllOn = 1U << 24, kPllReady = 1U << 25, kPllFromMsi = 1;
  static constexpr std::uint32_t kSwitchMask = 3, kSwitchPll = 3, kSwitchedMask = 3U << 2, kAhbPrescaler = 0xFU << 4,
                                 kAhbBy2 = 8U << 4;
  static constexpr std::uint32_t kPowerClock = 1U << 28, kBackupAccess = 1U << 8, kCrystalOn = 1, kCrystalReady = 2,
                                 kCrystalDrive = 3U << 3, kCrystalMediumHigh = 2U << 3;
  static constexpr std::uint32_t kNoBoost = 1U << 8, kRangeChanging = 1U << 10;
  static constexpr std::uint32_t kPrefetch = 1U << 8, kInstructionCache = 1U << 9, kDataCache = 1U << 10;
  // At 4 MHz: 5 s for the crystal, which takes 2 s typically and runs on through resets, and 20 ms for what the chip
  // has.
  static constexpr std::uint32_t kCrystalRounds = 2'500'000, kRounds = 10'000;

 private:
  // The 32 kHz crystal, and MSI locked to it.
  static bool tune() {
    set_bits<Registers>(kPower1, kBackupAccess);
    replace_bits<Registers>(kBackup, kCrystalDrive | kCrystalOn, kCrystalMediumHigh | kCrystalOn);
    if (!poll<Registers>(kBackup, kCrystalReady, kCrystalReady, kCrystalRounds)) return false;
    set_bits<Registers>(kControl, kMsiPll);
    return true;
  }

  // kFullSpeed, or what failed.
  static ClockState raise_speed() {
    replace_bits<Registers>(kConfig, kAhbPrescaler, kAhbBy2);  // asked for on the way beyond 80 MHz
    clear_bits<Registers>(kPower5, kNoBoost);                  // before there is any clock beyond 80 MHz
    if (!poll<Registers>(kPowerStatus2, kRangeChanging, 0, kRounds)) return ClockState::kNoRegulator;
    // The other bits keep their reset values: outputs P and Q off.
    Registers::write(kPllSettings, kPll.bits() | kPllFromMsi);
    set_bits<Registers>(kControl, kPllOn);
    if (!poll<Registers>(kControl, kPllReady, kPllReady, kRounds)) return ClockState::kNoPll;
    Registers::write(kFlashAccess, wait_states(kCoreHz) | kPrefetch | kInstructionCache | kDataCache);
    if (!poll<Registers>(kFlashAccess, 0xF, wait_states(kCoreHz), kRounds)) return ClockState::kNotSwitched;
    replace_bits<Registers>(kConfig, kSwitchMask, kSwitchPll);
    if (!poll<Registers>(kConfig, kSwitchedMask, kSwitchPll << 2, kRounds)) return ClockState::kNotSwitched;
    for (int i = 0; i < 64; ++i) Registers::read(kConfig);  // 1 us at least before full speed
    clear_bits<Registers>(kConfig, kAhbPrescaler);
    return ClockState::kFullSpeed;
  }

  static inline ClockState state_ = ClockState::kNotSwitched;
  static inline std::uint32_t running_hz_ = kMsiHz;
};

}  // namespace tinyrig::port::stm32::l4
