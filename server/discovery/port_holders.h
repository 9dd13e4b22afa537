// Which processes have a port, as far as /proc tells this user.
//
// Thread-safe: no state.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tinyrig::discovery {

struct Holder {
  pid_t pid = 0;
  std::string name;  // "ModemManager"

  std::string text() const;  // "ModemManager (1234)"
};

// Who has locked it; when nobody, whoever has it open, without this process. By pid.
std::vector<Holder> port_holders(const std::filesystem::path& proc, const std::filesystem::path& port);

std::string holders_text(const std::vector<Holder>& holders);  // "a (1), b (2)"

// Names of all processes now.
std::vector<std::string> process_names(const std::filesystem::path& proc);

}  // namespace tinyrig::discovery
