// BBC micro:bit: nRF51822, Cortex-M0 at 16 MHz, 16 KiB of RAM. QEMU: -M microbit.
#pragma once

#include "agent_firmware/ports/cortex_m/core.h"
#include "agent_firmware/ports/nrf/flash.h"
#include "agent_firmware/ports/nrf/timer.h"
#include "agent_firmware/ports/nrf/uart.h"
#include "agent_firmware/ports/shared/clock.h"
#include "agent_firmware/ports/shared/slots.h"
#include "agent_firmware/ports/shared/trigger.h"
#include "agent_firmware/ports/shared/unit_id.h"

namespace tinyrig::port {

inline constexpr char kBoardType[] = "microbit";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 1024;
inline constexpr unsigned kReceiveIrq = 2;

using Clock = FixedClock<16'000'000>;
using Uart = nrf::Uart<24, 25>;
using Counter = nrf::Timer;
using Slot = nrf::FlashSlot<0x0002'0000, 0x0002'0000, 1024>;
using UnitId = UnitBlockId<0x0001'FFE0>;
using Trigger = NoTrigger;

}  // namespace tinyrig::port
