// Where an installed program finds what was installed with it: <prefix>/share/tinyrig, for a program in <prefix>/bin.
// By the program's own place, so that packages, `cmake --install --prefix` and a moved folder are all the same.
#pragma once

#include <filesystem>

namespace tinyrig {

/// Of this program. Empty: it runs from a build folder.
std::filesystem::path installed_share();

/// Of the program at `program`, links followed.
std::filesystem::path share_of(const std::filesystem::path& program);

/// `folder` when it is one, else nothing: not every package need be there.
std::filesystem::path if_installed(const std::filesystem::path& folder);

}  // namespace tinyrig
