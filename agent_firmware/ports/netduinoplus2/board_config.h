// Netduino Plus 2 (STM32F405, Cortex-M4F) as QEMU emulates it: -M netduinoplus2. The clock code is that of silicon.
// QEMU has no clock controller: nothing gets ready there, the core goes on with what the reset left, and says so.
#pragma once

#include "agent_firmware/ports/cortex_m/core.h"
#include "agent_firmware/ports/cortex_m/cycle_counter.h"
#include "agent_firmware/ports/shared/line_trigger.h"
#include "agent_firmware/ports/shared/slots.h"
#include "agent_firmware/ports/shared/unit_id.h"
#include "agent_firmware/ports/stm32/f4_clock.h"
#include "agent_firmware/ports/stm32/f4_usart.h"
#include "agent_firmware/ports/stm32/timer.h"

namespace tinyrig::port {

inline constexpr char kBoardType[] = "netduinoplus2";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 2048;
inline constexpr unsigned kReceiveIrq = 37;

struct ClockSettings {
  static constexpr std::uint32_t kExternalHz = 25'000'000, kCoreHz = 168'000'000;
  static constexpr stm32::f4::External kExternal = stm32::f4::External::kCrystal;
  static constexpr bool kOverDrive = false;
};
using Clock = stm32::f4::Clock<ClockSettings>;

struct Usart1 {
  static constexpr std::uintptr_t kBase = 0x4001'1000, kBankEnable = Clock::kAhb1Enable,
                                  kClockEnable = Clock::kApb2Enable;
  static constexpr std::uint32_t kBankEnableBit = 1U << 0, kClockEnableBit = 1U << 4, kFunction = 7;
  static constexpr stm32::Pin kTransmit{0x4002'0000, 9}, kReceive{0x4002'0000, 10};  // PA9, PA10
  static std::uint32_t clock_hz() { return Clock::apb2_hz(); }
};
using Uart = stm32::f4::Usart<Usart1>;

// QEMU's timers count at 1 GHz. Undivided, 32 bits would wrap after 33 M instructions at 128 ns each, and
// a longer window would be read short without a trace; divided by 64 they last for 2.1 G instructions.
struct QemuTimer2 {
  static constexpr std::uintptr_t kBase = 0x4000'0000, kClockEnable = Clock::kApb1Enable;
  static constexpr std::uint32_t kClockEnableBit = 1U << 0, kDivider = 64;
  static constexpr std::uint32_t clock_hz() { return 1'000'000'000; }
};
using Counter = CycleCounterOr<stm32::Timer<QemuTimer2>, Clock>;
// QEMU has no flash controller: true ROM for the firmware.
using Slot = ReadOnlySlot<0x0808'0000, 0x0008'0000>;
using UnitId = UnitBlockId<0x0807'FFE0>;

struct Usart2 {
  static constexpr std::uintptr_t kBase = 0x4000'4400, kBankEnable = Clock::kAhb1Enable,
                                  kClockEnable = Clock::kApb1Enable;
  static constexpr std::uint32_t kBankEnableBit = 1U << 0, kClockEnableBit = 1U << 17, kFunction = 7;
  static constexpr stm32::Pin kTransmit{0x4002'0000, 2}, kReceive{0x4002'0000, 3};  // PA2, PA3
  static std::uint32_t clock_hz() { return Clock::apb1_hz(); }
};
using Trigger = LineTrigger<stm32::f4::Usart<Usart2>, Counter>;

}  // namespace tinyrig::port
