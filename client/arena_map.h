// An arena plan drawn over time: columns are operators, rows are addresses, each tensor is a letter. Pure.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <string>

#include "tinyrig/v1/model.pb.h"

namespace tinyrig::client {

/// The map, then the list of its letters. The row of the highest address is the first, so that the skyline is what is
/// in use. Plans with more steps or bytes than fit are drawn coarser, and say so.
std::string arena_map(const v1::Inspection& inspection);

}  // namespace tinyrig::client
