// What an agent kept of a fault of its firmware, in words. Pure.
#pragma once

#include <string>

#include "tinyrig/agent/v1/agent.pb.h"

namespace tinyrig::boards {

/// `core`: of the board type, "cortex-m4", "rv32imac". "HardFault (INVSTATE) at 0x00001234, ...".
std::string crash_text(const agent::v1::CrashReport& crash, const std::string& core);

}  // namespace tinyrig::boards
