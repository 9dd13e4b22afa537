// Inspections as text: one in full, or several as a table of what fits where. Pure.
#pragma once

#include <string>

#include "tinyrig/v1/model.pb.h"

namespace tinyrig::client {

/// Whether operators of the model stand in the way: no type of board runs it.
bool is_refused(const v1::Inspection& inspection);

/// Of one type: verdict, memory, every operator, the arena over time. Of a refused model: every operator, and why.
std::string inspection_text(const v1::Inspection& inspection);

/// One line per type, or inspection_text() when the model is refused on all. `inspections` are all of one model.
std::string fit_text(const v1::InspectModelResponse& inspections);

}  // namespace tinyrig::client
