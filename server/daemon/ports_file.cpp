#include "server/daemon/ports_file.h"

#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::daemon {

absl::Status write_ports_file(const std::filesystem::path& path, std::uint16_t grpc_port, std::uint16_t http_port) {
  if (path.empty()) return absl::OkStatus();
  const std::filesystem::path temporary = path.string() + ".new";
  std::ofstream file(temporary);
  file << "grpc=" << grpc_port << "\nhttp=" << http_port << "\n";
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(temporary, path, error);
  if (!file || error) {
    return make_error(absl::StatusCode::kInternal, "PORTS_FILE_UNWRITABLE",
                      absl::StrCat("cannot write the ports to ", path.string()),
                      "Name a file in a folder that exists and that this user may write.");
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::daemon
