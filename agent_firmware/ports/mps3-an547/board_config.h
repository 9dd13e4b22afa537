// Arm MPS3 with FPGA image AN547 (Corstone SSE-300): Cortex-M55 with Helium at 32 MHz, all of the agent in
// the Secure state. QEMU: -M mps3-an547.
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

inline constexpr char kBoardType[] = "mps3-an547";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 2048;
inline constexpr unsigned kReceiveIrq = 33;

using Clock = FixedClock<32'000'000>;
using Uart = cmsdk::Uart<0x5930'3000, 25'000'000>;
using Counter = CycleCounterOr<cmsdk::SystemCounter<0x5810'0000, 32'000'000>, Clock>;
using Slot = NorSlot<0x0100'0000, 0x0010'0000>;
using UnitId = UnitBlockId<0x0007'FFE0>;
// UART1.
using Trigger = LineTrigger<cmsdk::Uart<0x5930'4000, 25'000'000>, Counter>;

}  // namespace tinyrig::port
