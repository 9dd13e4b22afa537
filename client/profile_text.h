// A run's profile as text: what profiling cost, every operator, and bars of time and arena. Pure.
#pragma once

#include <string>

#include "tinyrig/v1/run.pb.h"

namespace tinyrig::client {

/// Empty when the result has no profile.
std::string profile_text(const v1::RunResult& result);

}  // namespace tinyrig::client
