// A gate report as JUnit XML: a suite per board, a case per metric. Regressions are failures, what is invalid is an
// error, what is inconclusive is skipped, never passed.
#pragma once

#include <string>

#include "tinyrig/v1/gate.pb.h"

namespace tinyrig::client {

std::string gate_junit(const v1::GateReport& report);

/// For text and attributes of XML 1.0; control characters come out as '?'.
std::string xml_escaped(const std::string& text);

}  // namespace tinyrig::client
