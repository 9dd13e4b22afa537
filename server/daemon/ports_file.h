// Tells other programs on which ports the daemon serves, for those that let it choose (port 0).
#pragma once

#include <cstdint>
#include <filesystem>

#include "absl/status/status.h"

namespace tinyrig::daemon {

// "grpc=N" and "http=N", a line each; the file appears whole or not at all. An empty path: nothing to do.
// INTERNAL (PORTS_FILE_UNWRITABLE).
absl::Status write_ports_file(const std::filesystem::path& path, std::uint16_t grpc_port, std::uint16_t http_port);

}  // namespace tinyrig::daemon
