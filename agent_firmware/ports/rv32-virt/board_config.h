// QEMU's generic RISC-V machine with one RV32IMAC hart (-M virt). No such silicon exists.
#pragma once

#include "agent_firmware/ports/riscv/core.h"
#include "agent_firmware/ports/riscv/uart16550.h"
#include "agent_firmware/ports/shared/clock.h"
#include "agent_firmware/ports/shared/slots.h"
#include "agent_firmware/ports/shared/trigger.h"
#include "agent_firmware/ports/shared/unit_id.h"

namespace tinyrig::port {

inline constexpr char kBoardType[] = "rv32-virt";
inline constexpr std::uint32_t kDefaultBaud = 115'200;
inline constexpr std::size_t kReceiveRingBytes = 2048;
inline constexpr unsigned kReceiveIrq = 10;

using Clock = FixedClock<0>;  // counts instructions
using Uart = Uart16550<0x1000'0000, 3'686'400>;
using Counter = core::InstructionCounter;
using Slot = NorSlot<0x8010'0000, 0x0010'0000>;
using UnitId = UnitBlockId<0x8007'FFE0>;
using Trigger = NoTrigger;

}  // namespace tinyrig::port
