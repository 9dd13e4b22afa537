// Raspberry Pi Pico: RP2040, Cortex-M0+ at 133 MHz (its second core sleeps in the ROM), 2 MiB of flash beside it.
// Serial port: UART0 on GP0 and GP1, as a debug probe takes it. Trigger: GP2. Sources: RP2040 datasheet; Pico
// datasheet.
#pragma once

#include "agent_firmware/ports/cortex_m/core.h"
#include "agent_firmware/ports/rp2040/clock.h"
#include "agent_firmware/ports/rp2040/counter.h"
#include "agent_firmware/ports/rp2040/flash.h"
#include "agent_firmware/ports/rp2040/uart.h"

namespace tinyrig::port {

inline constexpr char kBoardType[] = "raspberry-pi-pico";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 4096;
inline constexpr unsigned kReceiveIrq = 20;

using Clock = rp2040::Clock<133'000'000>;
using Uart = rp2040::Uart<Clock>;
using Counter = rp2040::CycleCounter<Clock>;
using Slot = rp2040::FlashSlot<0x1008'0000, 0x0018'0000>;
using UnitId = rp2040::UnitId;
using Trigger = rp2040::PinTrigger<2>;

}  // namespace tinyrig::port
