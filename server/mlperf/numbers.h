// Held against each other: what was stated and what was computed. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "server/mlperf/text.h"

namespace tinyrig::mlperf {

/// The middle one; of an even number the mean of both. 0 of none.
double median(std::vector<double> values);

/// Within one of the last stated digit (runners round or cut off), or within `relative` of what was computed.
bool agrees(const Decimal& stated, double computed, double relative);

/// "88.356", "0.85": with as many decimals as are needed, at most `decimals`.
std::string number_text(double value, int decimals = 4);

}  // namespace tinyrig::mlperf
