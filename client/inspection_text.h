// Inspections as text: one in full, or several as a table of what fits where. Pure.
#pragma once

#include <string>

#include "tinyrig/v1/model.pb.h"

namespace tinyrig::client {

/// Of one type: verdict, memory, every operator, the arena over time.
std::string inspection_text(const v1::Inspection& inspection);

/// One line per type. `inspections` are all of one model.
std::string fit_text(const v1::InspectModelResponse& inspections);

}  // namespace tinyrig::client
