// Errors with a stable reason string ("MODEL_NOT_FLATBUFFER") and a hint of what to do next, carried by
// absl::Status as payloads, so that they reach the API unchanged through every layer.
//
// Thread-safe: pure functions on values.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace tinyrig {

inline constexpr char kReasonPayload[] = "tinyrig.reason";
inline constexpr char kHintPayload[] = "tinyrig.hint";

/// `reason`: upper snake case, stable, for programs. `message`: what and where, for people.
/// `hint`: what to do next; may be empty. `code` must not be kOk.
absl::Status make_error(absl::StatusCode code, std::string reason, std::string message, std::string hint = "");

/// The reason given to make_error(); empty when there is none.
std::string reason_of(const absl::Status& status);

/// The hint given to make_error(); empty when there is none.
std::string hint_of(const absl::Status& status);

}  // namespace tinyrig
