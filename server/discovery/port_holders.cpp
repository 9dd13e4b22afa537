#include "server/discovery/port_holders.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/base/clean_text.h"

namespace tinyrig::discovery {
namespace {

namespace fs = std::filesystem;

std::optional<pid_t> pid_of(const std::string& text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

std::vector<pid_t> processes(const fs::path& proc) {
  std::vector<pid_t> pids;
  std::error_code error;
  for (fs::directory_iterator at(proc, error), end; !error && at != end; at.increment(error)) {
    if (const auto pid = pid_of(at->path().filename().string()); pid.has_value()) pids.push_back(*pid);
  }
  std::ranges::sort(pids);
  return pids;
}

std::string name_of(const fs::path& proc, pid_t pid) {
  std::ifstream file(proc / std::to_string(pid) / "comm");
  std::string name;
  std::getline(file, name);
  return name.empty() ? "process" : clean_text(name, 64);
}

// "1: FLOCK  ADVISORY  WRITE 708 00:19:1032 0 EOF"
std::vector<pid_t> lock_owners(const fs::path& proc, const fs::path& port) {
  std::vector<pid_t> owners;
  struct stat info {};
  if (::stat(port.c_str(), &info) != 0) return owners;
  const std::string inode = absl::StrFormat("%02x:%02x:%d", major(info.st_dev), minor(info.st_dev), info.st_ino);
  std::ifstream locks(proc / "locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, mode, pid, where;
    if (!(words >> number >> kind >> advisory >> mode >> pid >> where) || kind != "FLOCK" || where != inode) continue;
    // 0: a process of another namespace.
    if (const auto owner = pid_of(pid); owner.has_value()) owners.push_back(*owner);
  }
  return owners;
}

bool has_open(const fs::path& proc, pid_t pid, const fs::path& device) {
  std::error_code error;
  for (fs::directory_iterator at(proc / std::to_string(pid) / "fd", error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;
    if (fs::read_symlink(at->path(), gone) == device) return true;
  }
  return false;
}

}  // namespace

std::string Holder::text() const { return absl::StrCat(name, " (", pid, ")"); }

std::vector<Holder> port_holders(const fs::path& proc, const fs::path& port) {
  std::vector<Holder> holders;
  std::error_code error;
  const fs::path device = fs::canonical(port, error);
  if (error) return holders;
  std::vector<pid_t> pids = lock_owners(proc, device);
  if (pids.empty()) {
    for (const pid_t pid : processes(proc)) {
      if (pid != ::getpid() && has_open(proc, pid, device)) pids.push_back(pid);
    }
  }
  for (const pid_t pid : pids) holders.push_back({pid, name_of(proc, pid)});
  return holders;
}

std::string holders_text(const std::vector<Holder>& holders) {
  return absl::StrJoin(holders, ", ", [](std::string* out, const Holder& holder) { out->append(holder.text()); });
}

std::vector<std::string> process_names(const fs::path& proc) {
  std::vector<std::string> names;
  for (const pid_t pid : processes(proc)) names.push_back(name_of(proc, pid));
  return names;
}

}  // namespace tinyrig::discovery
