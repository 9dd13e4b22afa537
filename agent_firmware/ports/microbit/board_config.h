// BBC micro:bit: nRF51822, Cortex-M0 at 16 MHz, 16 KiB of RAM. QEMU: -M microbit.
#pragma once

#include "agent_firmware/ports/cortex_m/core.h"
#include "agent_firmware/ports/microbit/nrf51.h"
#include "agent_firmware/ports/shared/slots.h"

namespace tinyrig::port {

inline constexpr char kBoardType[] = "microbit";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 1024;
inline constexpr unsigned kReceiveIrq = 2;
inline constexpr std::uintptr_t kUnitBlockAddress = 0x0001'FFE0;

using Uart = nrf51::Uart;
using Counter = nrf51::Timer;
using Slot = nrf51::FlashSlot<0x0002'0000, 0x0002'0000>;

}  // namespace tinyrig::port
