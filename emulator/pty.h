// A PTY behind a stable path that looks like a serial port.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/child_process.h"

namespace tinyrig::emulator {

struct PtyEnds {
  Fd master, slave;  // close-on-exec; the slave is raw
};

/// `path` becomes a symbolic link to the slave, in place of what was there. INTERNAL (PTY_FAILED).
absl::StatusOr<PtyEnds> open_pty(const std::filesystem::path& path);

}  // namespace tinyrig::emulator
