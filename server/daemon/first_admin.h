// The token with which the first admin makes those of all others.
#pragma once

#include <filesystem>

#include "absl/status/status.h"
#include "server/access/access_control.h"

namespace tinyrig::daemon {

/// Where tokens are asked and no admin has a good one, makes one and writes it to `file`, for the daemon's user alone.
/// Waits for the store. INTERNAL FILE_UNWRITABLE: its token was revoked again; the store's errors.
absl::Status provide_admin(access::AccessControl& access, const std::filesystem::path& file);

}  // namespace tinyrig::daemon
