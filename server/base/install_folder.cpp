#include "server/base/install_folder.h"

#include <system_error>

namespace tinyrig {

std::filesystem::path installed_share() { return share_of("/proc/self/exe"); }

std::filesystem::path share_of(const std::filesystem::path& program) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::canonical(program, error).parent_path();
  if (error || folder.filename() != "bin") return {};
  return if_installed(folder.parent_path() / "share" / "tinyrig");
}

std::filesystem::path if_installed(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::is_directory(folder, error) ? folder : std::filesystem::path();
}

}  // namespace tinyrig
