// Netduino Plus 2 as QEMU emulates it (-M netduinoplus2): STM32F405, Cortex-M4F. Only for the emulated
// board: silicon needs its clock tree and pins set up, which QEMU does not model.
#pragma once

#include "agent_firmware/ports/cortex_m/core.h"
#include "agent_firmware/ports/cortex_m/cycle_counter.h"
#include "agent_firmware/ports/netduinoplus2/stm32.h"
#include "agent_firmware/ports/shared/slots.h"

namespace tinyrig::port {

inline constexpr char kBoardType[] = "netduinoplus2";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 2048;
inline constexpr unsigned kReceiveIrq = 37;
inline constexpr std::uintptr_t kUnitBlockAddress = 0x0807'FFE0;

using Uart = stm32::Usart<0x4001'1000, 84'000'000>;
using Counter = CycleCounterOr<stm32::TimerAtOneGigahertz<0x4000'0000>, 168'000'000>;
// QEMU has no flash controller: true ROM for the firmware.
using Slot = ReadOnlySlot<0x0808'0000, 0x0008'0000>;

}  // namespace tinyrig::port
