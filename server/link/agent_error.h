// What an agent's Status means as an error of ours.
//
// Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "tinyrig/agent/v1/agent.pb.h"

namespace tinyrig::link {

/// OK for ERROR_CODE_OK. `doing`: what was asked ("load model").
absl::Status error_of(const agent::v1::Status& status, const std::string& doing);

/// Status.detail of such an error: bytes missing, an operator's index, and so on, as agent.proto says.
std::optional<std::int64_t> agent_detail_of(const absl::Status& status);

}  // namespace tinyrig::link
