// Arm MPS2+ with FPGA image AN505 (IoT Kit): Cortex-M33 at 20 MHz, all of the agent in the Secure state,
// so every address is a Secure alias. QEMU: -M mps2-an505.
#pragma once

#include "agent_firmware/ports/cmsdk/counters.h"
#include "agent_firmware/ports/cmsdk/uart.h"
#include "agent_firmware/ports/cortex_m/core.h"
#include "agent_firmware/ports/cortex_m/cycle_counter.h"
#include "agent_firmware/ports/shared/clock.h"
#include "agent_firmware/ports/shared/line_trigger.h"
#include "agent_firmware/ports/shared/slots.h"
#include "agent_firmware/ports/shared/unit_id.h"

namespace tinyrig::port {

inline constexpr char kBoardType[] = "mps2-an505";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 2048;
inline constexpr unsigned kReceiveIrq = 32;

using Clock = FixedClock<20'000'000>;
using Uart = cmsdk::Uart<0x5020'0000, 20'000'000>;
using Counter = CycleCounterOr<cmsdk::FpgaioCounter<0x5030'2000, 20'000'000>, Clock>;
using Slot = NorSlot<0x1010'0000, 0x0010'0000>;
using UnitId = UnitBlockId<0x1007'FFE0>;
// UART1.
using Trigger = LineTrigger<cmsdk::Uart<0x5020'1000, 20'000'000>, Counter>;

}  // namespace tinyrig::port
