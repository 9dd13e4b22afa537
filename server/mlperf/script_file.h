// script.async, the steps that EnergyRunner was given: `cmd: 'dut infer 1000 1',`, one per line. Bounded.
#pragma once

#include <string_view>
#include <vector>

#include "server/mlperf/dut_log.h"

namespace tinyrig::mlperf {

/// As command_text() has them.
std::vector<LogLine> parse_script(std::string_view text);

}  // namespace tinyrig::mlperf
