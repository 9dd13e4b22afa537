// Arm MPS2 with FPGA image AN500: Cortex-M7 with double FPU at 25 MHz. QEMU: -M mps2-an500.
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

inline constexpr char kBoardType[] = "mps2-an500";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 2048;
inline constexpr unsigned kReceiveIrq = 0;

using Clock = FixedClock<25'000'000>;
using Uart = cmsdk::Uart<0x4000'4000, 25'000'000>;
using Counter = CycleCounterOr<cmsdk::FpgaioCounter<0x4002'8000, 25'000'000>, Clock>;
using Slot = NorSlot<0x0010'0000, 0x0010'0000>;
using UnitId = UnitBlockId<0x0007'FFE0>;
// UART1.
using Trigger = LineTrigger<cmsdk::Uart<0x4000'5000, 25'000'000>, Counter>;

}  // namespace tinyrig::port
