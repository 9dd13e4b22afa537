// Which operators moved, from the profiles of both sides. Equal lists are matched by index; otherwise the longest
// common subsequence of kind and shape is matched, and what lies between two matches by kind.
#pragma once

#include "tinyrig/v1/gate.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::gate {

v1::GateAttribution attribute(const v1::ProfileResult& base, const v1::ProfileResult& head);

}  // namespace tinyrig::gate
