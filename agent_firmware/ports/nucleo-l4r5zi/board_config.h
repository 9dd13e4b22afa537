// ST NUCLEO-L4R5ZI: STM32L4R5ZI, Cortex-M4F at 120 MHz. Serial port of the ST-LINK: LPUART1 on PG7 and PG8, whose
// supply (VDDIO2) must be declared valid. Trigger: PF13 (D7). Sources: RM0432; UM2179 for the board.
#pragma once

#include "agent_firmware/ports/cortex_m/core.h"
#include "agent_firmware/ports/cortex_m/cycle_counter.h"
#include "agent_firmware/ports/shared/unit_id.h"
#include "agent_firmware/ports/stm32/gpio.h"
#include "agent_firmware/ports/stm32/l4_clock.h"
#include "agent_firmware/ports/stm32/l4_flash.h"
#include "agent_firmware/ports/stm32/l4_lpuart.h"
#include "agent_firmware/ports/stm32/timer.h"

namespace tinyrig::port {

inline constexpr char kBoardType[] = "nucleo-l4r5zi";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 4096;
inline constexpr unsigned kReceiveIrq = 70;

using Clock = stm32::l4::Clock<120'000'000>;

struct Lpuart1 {
  static constexpr std::uintptr_t kBankEnable = Clock::kAhb2Enable, kClockEnable = Clock::kApb1Enable2;
  static constexpr std::uint32_t kBankEnableBit = 1U << 6, kClockEnableBit = 1U << 0, kFunction = 8;
  static constexpr stm32::Pin kTransmit{0x4800'1800, 7}, kReceive{0x4800'1800, 8};
  static std::uint32_t clock_hz() { return Clock::core_hz(); }
  static void power_pins() { set_bits<MappedRegisters>(Clock::kPower2, 1U << 9); }  // PWR_CR2: IOSV
};
using Uart = stm32::l4::LowPowerUart<Lpuart1>;

struct Timer2 {
  static constexpr std::uintptr_t kBase = 0x4000'0000, kClockEnable = Clock::kApb1Enable1;
  static constexpr std::uint32_t kClockEnableBit = 1U << 0, kDivider = 1;
  static std::uint32_t clock_hz() { return Clock::core_hz(); }
};
using Counter = CycleCounterOr<stm32::Timer<Timer2>, Clock>;
using Slot = stm32::l4::FlashSlot<0x0810'0000, 0x0010'0000>;
using UnitId = ChipId<0x1FFF'7590, 12>;
using Trigger = stm32::PinTrigger<0x4800'1400, 13, Clock::kAhb2Enable, 1U << 5>;

}  // namespace tinyrig::port
