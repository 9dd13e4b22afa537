// Tokens of this user, one per server: in TINYRIG_TOKEN, or in a file that only the user reads
// ($XDG_CONFIG_HOME/tinyrig/credentials.json, else ~/.config/tinyrig/credentials.json), which tinyrig login writes.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace tinyrig::client {

/// For calls to `server`: of the environment, else of the file; empty: none. A file that cannot be read has none.
std::string token_for(const std::string& server);

/// Replaces the one that there was. INTERNAL CREDENTIALS_UNWRITABLE; FAILED_PRECONDITION CREDENTIALS_INVALID: the file
/// is no file of credentials, and is left as it is.
absl::Status save_token(const std::string& server, const std::string& token);

/// Fine when there is none.
absl::Status forget_token(const std::string& server);

/// Where they are, for people.
std::string credentials_path();

}  // namespace tinyrig::client
