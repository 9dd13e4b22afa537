// A gate report as text for a terminal or a log.
#pragma once

#include <string>

#include "tinyrig/v1/gate.pb.h"

namespace tinyrig::client {

std::string gate_text(const v1::GateReport& report);

}  // namespace tinyrig::client
