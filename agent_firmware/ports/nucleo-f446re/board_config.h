// ST NUCLEO-F446RE: STM32F446RE, Cortex-M4F at 180 MHz from the 8 MHz that its ST-LINK gives. Serial port of the
// ST-LINK: USART2 on PA2 and PA3. Trigger: PA8 (D7). Sources: RM0390; UM1724 for the board.
#pragma once

#include "agent_firmware/ports/cortex_m/core.h"
#include "agent_firmware/ports/cortex_m/cycle_counter.h"
#include "agent_firmware/ports/shared/unit_id.h"
#include "agent_firmware/ports/stm32/f4_clock.h"
#include "agent_firmware/ports/stm32/f4_flash.h"
#include "agent_firmware/ports/stm32/f4_usart.h"
#include "agent_firmware/ports/stm32/gpio.h"
#include "agent_firmware/ports/stm32/timer.h"

namespace tinyrig::port {

inline constexpr char kBoardType[] = "nucleo-f446re";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 2048;
inline constexpr unsigned kReceiveIrq = 38;

struct ClockSettings {
  static constexpr std::uint32_t kExternalHz = 8'000'000, kCoreHz = 180'000'000;
  static constexpr stm32::f4::External kExternal = stm32::f4::External::kClockSignal;
  static constexpr bool kOverDrive = true;
};
using Clock = stm32::f4::Clock<ClockSettings>;

struct Usart2 {
  static constexpr std::uintptr_t kBase = 0x4000'4400, kBankEnable = Clock::kAhb1Enable,
                                  kClockEnable = Clock::kApb1Enable;
  static constexpr std::uint32_t kBankEnableBit = 1U << 0, kClockEnableBit = 1U << 17, kFunction = 7;
  static constexpr stm32::Pin kTransmit{0x4002'0000, 2}, kReceive{0x4002'0000, 3};
  static std::uint32_t clock_hz() { return Clock::apb1_hz(); }
};
using Uart = stm32::f4::Usart<Usart2>;

struct Timer2 {
  static constexpr std::uintptr_t kBase = 0x4000'0000, kClockEnable = Clock::kApb1Enable;
  static constexpr std::uint32_t kClockEnableBit = 1U << 0, kDivider = 1;
  static std::uint32_t clock_hz() { return Clock::timer1_hz(); }
};
using Counter = CycleCounterOr<stm32::Timer<Timer2>, Clock>;
using Slot = stm32::f4::FlashSlot<5, 3>;  // 384 KiB at 0x08020000
using UnitId = ChipId<0x1FFF'7A10, 12>;
using Trigger = stm32::PinTrigger<0x4002'0000, 8, Clock::kAhb1Enable, 1U << 0>;

}  // namespace tinyrig::port
