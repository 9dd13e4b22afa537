#include "server/discovery/doctor_checks.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/base/error.h"

namespace tinyrig::discovery {
namespace {

v1::DoctorFinding finding(v1::FindingLevel level, const char* check, std::string what, std::string advice = "") {
  v1::DoctorFinding result;
  result.set_level(level);
  result.set_check(check);
  result.set_finding(std::move(what));
  result.set_advice(std::move(advice));
  return result;
}

constexpr auto kOk = v1::FINDING_LEVEL_OK;
constexpr auto kInfo = v1::FINDING_LEVEL_INFO;
constexpr auto kWarning = v1::FINDING_LEVEL_WARNING;
constexpr auto kProblem = v1::FINDING_LEVEL_PROBLEM;

std::string with_version(const ToolState& tool) {
  if (tool.hangs) return absl::StrCat(tool.name, " (which hangs when asked for its version)");
  return tool.version.empty() ? tool.name : absl::StrCat(tool.name, " ", tool.version);
}

}  // namespace

std::vector<v1::DoctorFinding> check_farm_file(const std::string& file, const absl::Status& loaded, std::size_t boards,
                                               const std::vector<absl::Status>& unusable) {
  if (!loaded.ok()) return {finding(kProblem, "farm", std::string(loaded.message()), hint_of(loaded))};
  if (unusable.empty()) return {finding(kOk, "farm", absl::StrCat(file, ": ", boards, " boards"))};
  std::vector<v1::DoctorFinding> findings;
  for (const absl::Status& status : unusable) {
    findings.push_back(finding(kProblem, "farm", absl::StrCat(file, ": ", status.message()), hint_of(status)));
  }
  return findings;
}

v1::DoctorFinding check_port(const PortFacts& port, const std::string& user) {
  if (!port.exists) {
    return finding(kProblem, "port", absl::StrCat(port.path, " is not there"),
                   "plug the board in, or correct the farm file: tinyrig farm scan shows what is there");
  }
  if (!port.may_open) {
    const bool group_may = (port.mode & 0060U) == 0060U && port.group != "root" && !port.group.empty();
    return finding(
        kProblem, "port",
        absl::StrFormat("%s may not be opened by %s (group %s, mode %04o)", port.path, user, port.group, port.mode),
        group_may ? absl::StrCat("sudo usermod -aG ", port.group, " ", user, ", then log in again")
                  : "install the udev rules: sudo cp deploy/udev/60-tinyrig.rules /etc/udev/rules.d/");
  }
  std::vector<std::string> strangers;
  for (const std::string& holder : port.holders) {
    if (!absl::StartsWith(holder, "tinyrigd ")) strangers.push_back(holder);
  }
  if (!strangers.empty()) {
    return finding(kWarning, "port", absl::StrCat(port.path, " is held by ", absl::StrJoin(strangers, ", ")),
                   "end it before the farm uses the board");
  }
  return finding(kOk, "port",
                 absl::StrCat(port.path, port.holders.empty() ? " may be opened" : " is used by the daemon"));
}

v1::DoctorFinding check_udev(const std::string& rules, int usb_boards) {
  if (!rules.empty()) return finding(kOk, "udev", absl::StrCat("rules installed: ", rules));
  return finding(usb_boards > 0 ? kWarning : kInfo, "udev", "60-tinyrig.rules is not installed",
                 "sudo cp deploy/udev/60-tinyrig.rules /etc/udev/rules.d/ && sudo udevadm control --reload && "
                 "sudo udevadm trigger");
}

v1::DoctorFinding check_grabbers(const std::vector<std::string>& processes, bool rules_installed) {
  std::vector<std::string> running;
  if (std::ranges::find(processes, "ModemManager") != processes.end() && !rules_installed) {
    running.emplace_back("ModemManager");
  }
  // It takes serial adapters for braille displays, whatever rules say of modems.
  if (std::ranges::find(processes, "brltty") != processes.end()) running.emplace_back("brltty");
  if (running.empty()) return finding(kOk, "grabbers", "no service opens ports by itself");
  return finding(kWarning, "grabbers",
                 absl::StrCat(absl::StrJoin(running, ", "), running.size() == 1 ? " runs" : " run",
                              " and may open ports for seconds after plugging in"),
                 running.front() == "ModemManager"
                     ? "install the udev rules, which tell ModemManager to leave boards alone"
                     : "sudo systemctl disable --now brltty, unless somebody here reads braille");
}

std::vector<v1::DoctorFinding> check_tools(const std::vector<ToolState>& tools, const std::vector<ToolNeed>& needs) {
  std::vector<v1::DoctorFinding> findings;
  std::set<std::string> needed;
  for (const ToolNeed& need : needs) {
    std::vector<std::string> installed;
    for (const ToolState& tool : tools) {
      if (std::ranges::find(need.any_of, tool.name) == need.any_of.end()) continue;
      needed.insert(tool.name);
      if (tool.installed) installed.push_back(with_version(tool));
    }
    const std::string names = absl::StrJoin(need.any_of, " or ");
    findings.push_back(
        installed.empty()
            ? finding(kProblem, "tool", absl::StrCat(names, " is not installed, and is needed by ", need.needed_by),
                      absl::StrCat("install ", names))
            : finding(kOk, "tool", absl::StrCat(absl::StrJoin(installed, ", "), ", needed by ", need.needed_by)));
  }
  std::vector<std::string> missing;
  for (const ToolState& tool : tools) {
    if (needed.contains(tool.name)) continue;
    if (tool.installed) {
      findings.push_back(finding(kInfo, "tool", absl::StrCat(with_version(tool), ", nothing here needs it")));
    }
    if (!tool.installed) missing.push_back(tool.name);
  }
  if (!missing.empty()) {
    findings.push_back(finding(
        kInfo, "tool", absl::StrCat("not installed, and nothing here needs them: ", absl::StrJoin(missing, ", "))));
  }
  return findings;
}

v1::DoctorFinding check_clock(const ClockFacts& clock) {
  const std::string now =
      absl::FormatTime("%Y-%m-%d %H:%M:%SZ", absl::FromUnixSeconds(clock.unix_seconds), absl::UTCTimeZone());
  const absl::CivilYear year(absl::ToCivilYear(absl::FromUnixSeconds(clock.unix_seconds), absl::UTCTimeZone()));
  if (year.year() < 2025 || year.year() > 2099) {
    return finding(kProblem, "clock", absl::StrCat("the clock says ", now),
                   "set it, and keep it so: sudo timedatectl set-ntp true");
  }
  if (clock.synchronised.has_value() && !*clock.synchronised) {
    return finding(kWarning, "clock", absl::StrCat(now, ", not synchronised"), "sudo timedatectl set-ntp true");
  }
  return finding(kOk, "clock", absl::StrCat(now, clock.synchronised.has_value() ? ", synchronised" : ""));
}

v1::DoctorFinding check_disk(const DiskFacts& disk) {
  constexpr std::uint64_t kMiB = 1024 * 1024;
  constexpr std::uint64_t kProblemBytes = 100 * kMiB, kWarningBytes = 1024 * kMiB, kFewInodes = 1000;
  const std::string free = absl::StrCat(disk.folder, ": ", disk.free_bytes / kMiB, " MiB free");
  const char* const advice = "make room there, or keep the data elsewhere (tinyrigd --data)";
  if (disk.free_bytes < kProblemBytes) return finding(kProblem, "disk", free, advice);
  if (disk.counts_inodes && disk.free_inodes < kFewInodes) {
    return finding(kProblem, "disk", absl::StrCat(free, ", but room for ", disk.free_inodes, " files only"), advice);
  }
  return disk.free_bytes < kWarningBytes ? finding(kWarning, "disk", free, advice) : finding(kOk, "disk", free);
}

v1::DoctorFinding check_open_files(const LimitFacts& limits) {
  // The daemon's own (store, API, clients), and of a board: port, flasher, power switch, instrument, a tool's pipes.
  constexpr std::uint64_t kOfDaemon = 256, kOfBoard = 8;
  const std::uint64_t needed = kOfDaemon + kOfBoard * limits.boards;
  const std::string text = absl::StrCat("a process may open ", limits.open_files, " files; ", needed,
                                        " are enough for ", limits.boards, " boards");
  if (limits.open_files >= needed) return finding(kOk, "files", text);
  return finding(kProblem, "files", text,
                 absl::StrCat("ulimit -n ", needed, ", or LimitNOFILE= of the daemon's service"));
}

v1::DoctorFinding check_ptys(const LimitFacts& limits) {
  const std::string text =
      absl::StrCat(limits.ptys_used, " of ", limits.ptys, " PTYs are used; emulated boards take one each");
  // Boards that are on are counted as used already; too many of them is what this can tell.
  if (limits.ptys > limits.ptys_used + limits.boards) return finding(kOk, "ptys", text);
  return finding(kWarning, "ptys", text,
                 absl::StrCat("sudo sysctl kernel.pty.max=", limits.ptys_used + 2 * limits.boards + 64));
}

}  // namespace tinyrig::discovery
