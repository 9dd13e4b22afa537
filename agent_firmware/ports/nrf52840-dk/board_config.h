// Nordic nRF52840-DK: nRF52840, Cortex-M4F at 64 MHz. Serial port of its J-Link: P0.06 and P0.08. Trigger: P1.08 (D7).
// Sources: nRF52840 product specification v1.x; the DK's user guide for the board.
#pragma once

#include "agent_firmware/ports/cortex_m/core.h"
#include "agent_firmware/ports/cortex_m/cycle_counter.h"
#include "agent_firmware/ports/nrf/flash.h"
#include "agent_firmware/ports/nrf/nrf52_clock.h"
#include "agent_firmware/ports/nrf/timer.h"
#include "agent_firmware/ports/nrf/trigger.h"
#include "agent_firmware/ports/nrf/uart.h"
#include "agent_firmware/ports/shared/unit_id.h"

namespace tinyrig::port {

inline constexpr char kBoardType[] = "nrf52840-dk";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 4096;
inline constexpr unsigned kReceiveIrq = 2;

using Clock = nrf::Nrf52Clock<>;
using Uart = nrf::Uart<6, 8>;
using Counter = CycleCounterOr<nrf::Timer, Clock>;
using Slot = nrf::FlashSlot<0x0008'0000, 0x0008'0000, 4096>;
using UnitId = ChipId<0x1000'0060, 8>;  // FICR DEVICEID
using Trigger = nrf::PinTrigger<0x5000'0300, 8>;

}  // namespace tinyrig::port
