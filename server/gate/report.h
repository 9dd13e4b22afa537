// The whole report: as bad as its worst comparison.
#pragma once

#include <vector>

#include "server/gate/policy.h"
#include "tinyrig/v1/gate.pb.h"

namespace tinyrig::gate {

/// No comparison at all is invalid: nothing was looked at.
v1::GateReport make_report(const std::vector<v1::GateComparison>& comparisons, const Policy& policy);

}  // namespace tinyrig::gate
