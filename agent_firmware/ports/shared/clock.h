// How a board's clocks came up, and a clock that needs nothing done. A port names one as `Clock` in its
// board_config.h: init(), core_hz() and state().
#pragma once

#include <cstdint>

namespace tinyrig::port {

enum class ClockState : std::uint8_t {
  kFixed,        // nothing to set up
  kFullSpeed,    // as the board type promises
  kNoCrystal,    // an oscillator in the chip drives it: not as exact; of RP2040, slow too
  kNoPll,        // the PLL did not lock: slow
  kNoRegulator,  // the voltage for full speed did not come: slow
  kNotSwitched,  // the core did not take the clock it was given: slow
};

constexpr const char* name_of(ClockState state) {
  constexpr const char* kNames[] = {"fixed", "full_speed", "no_crystal", "no_pll", "no_regulator", "not_switched"};
  return kNames[static_cast<unsigned>(state)];
}

template <std::uint32_t kHz>
struct FixedClock {
  static void init() {}
  static constexpr std::uint32_t core_hz() { return kHz; }
  static constexpr ClockState state() { return ClockState::kFixed; }
};

}  // namespace tinyrig::port
