#include "tests/bench/farm/process_use.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace tinyrig::bench {

ProcessUse use_of(pid_t pid) {
  ProcessUse use;
  const std::filesystem::path folder = "/proc/" + std::to_string(pid);
  std::ifstream statm(folder / "statm");
  long pages = 0;
  if (statm >> pages >> pages) use.resident_kib = static_cast<double>(pages * ::sysconf(_SC_PAGESIZE)) / 1024;

  std::error_code error;
  for (std::filesystem::directory_iterator file(folder / "fd", error), end; !error && file != end;
       file.increment(error)) {
    ++use.descriptors;
  }

  std::ifstream stat(folder / "stat");
  std::string line;
  std::getline(stat, line);
  // After the name, which may hold anything: state is field 3; user and system time are 14 and 15.
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  long user = 0, system = 0;
  if (fields >> user >> system) {
    use.cpu_seconds = static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return use;
}

}  // namespace tinyrig::bench
