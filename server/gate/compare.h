// Base and head on one board: from two runs to a verdict per metric, and the second look at a regression.
#pragma once

#include <string>

#include "server/gate/policy.h"
#include "tinyrig/v1/gate.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::gate {

v1::GateComparison compare(const v1::Run& base, const v1::Run& head, const Policy& policy);

/// For when there are no two runs: no board, a job that failed.
v1::GateComparison invalid_comparison(const std::string& board_type, const std::string& runtime,
                                      const std::string& reason);

/// For when there is nothing to hold head against: inconclusive, never passed.
v1::GateComparison without_baseline(const std::string& board_type, const std::string& runtime,
                                    const std::string& reason);

/// Whether the comparison found a regression of exact ticks, which a second measurement must show again.
bool needs_confirmation(const v1::GateComparison& comparison);

/// The same models measured again, in sessions of their own. Other numbers make the comparison invalid.
void confirm(const v1::Run& base, const v1::Run& head, v1::GateComparison* comparison);

/// It could not be measured again.
void fail_confirmation(const std::string& reason, v1::GateComparison* comparison);

}  // namespace tinyrig::gate
