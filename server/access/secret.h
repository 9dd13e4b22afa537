// The secret of a token: 256 bits from the system, as text that is found when it leaks ("tinyrig_" in front), kept only
// as its SHA-256. With so many random bits a plain hash is enough: there is nothing to guess.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tinyrig::access {

/// "tinyrig_" and 64 hex digits. INTERNAL RANDOM_FAILED.
absl::StatusOr<std::string> make_secret();

/// It has the form of one.
bool is_secret(std::string_view text);

/// `digits` random hex digits, for ids. INTERNAL RANDOM_FAILED.
absl::StatusOr<std::string> random_hex(std::size_t digits);

}  // namespace tinyrig::access
