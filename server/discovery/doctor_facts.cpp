#include "server/discovery/doctor_facts.h"

#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/boards/farm.h"
#include "server/boards/type_of.h"
#include "server/boards/usb_port.h"
#include "server/discovery/port_holders.h"
#include "server/discovery/tools.h"

namespace tinyrig::discovery {
namespace {

namespace fs = std::filesystem;

constexpr char kRules[] = "60-tinyrig.rules";

std::uint64_t number_in(const fs::path& file) {
  std::uint64_t number = 0;
  std::ifstream(file) >> number;
  return number;
}

std::string user_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user == nullptr ? absl::StrCat("user ", ::geteuid()) : user->pw_name;
}

// Ports of the farm file, instruments' among them, then those plugged in on USB; each once, whatever it is called.
std::vector<std::string> ports_of(const usb::Places& places, const std::vector<boards::FarmBoard>& farm,
                                  const v1::ScanReport& plugged) {
  std::vector<std::string> ports;
  std::set<fs::path> known;
  const auto add = [&](const std::string& path) {
    std::error_code error;
    if (known.insert(fs::weakly_canonical(path, error)).second) ports.push_back(path);
  };
  for (const boards::FarmBoard& board : farm) {
    if (!board.usb.has_value()) {
      add(board.port);
    } else {
      const absl::StatusOr<fs::path> found = boards::find_usb_port(places, *board.usb);
      add(found.ok() ? found->string() : absl::StrCat("USB device ", board.usb->text()));
    }
    if (board.instrument.has_value()) add(board.instrument->port);
    if (board.power.has_value() && board.power->kind == "ppk2") add(board.power->outlet);
  }
  for (const v1::FoundBoard& board : plugged.boards()) {
    if (board.usb_id().empty()) continue;
    for (const v1::FoundPort& port : board.ports()) add(port.path());
  }
  return ports;
}

}  // namespace

PortFacts port_facts(const usb::Places& places, const std::string& path) {
  PortFacts facts;
  facts.path = path;
  struct stat info {};
  facts.exists = ::stat(path.c_str(), &info) == 0;
  if (!facts.exists) return facts;
  facts.may_open = ::access(path.c_str(), R_OK | W_OK) == 0;
  facts.mode = info.st_mode & 0777U;
  const group* owner = ::getgrgid(info.st_gid);
  facts.group = owner == nullptr ? std::to_string(info.st_gid) : owner->gr_name;
  std::error_code error;
  const std::string device = fs::canonical(path, error).string();
  // The maker of a PTY keeps it open.
  if (error || absl::StartsWith(device, "/dev/pts/")) return facts;
  for (const Holder& holder : port_holders(places.proc, device)) facts.holders.push_back(holder.text());
  return facts;
}

std::string installed_rules(const usb::Places& places) {
  for (const fs::path& folder : places.udev_rules) {
    std::error_code error;
    if (fs::is_regular_file(folder / kRules, error)) return (folder / kRules).string();
  }
  return "";
}

ClockFacts clock_facts() {
  ClockFacts facts;
  facts.unix_seconds = std::time(nullptr);
  timex state{};
  const int answer = ::adjtimex(&state);  // modes 0: reads only
  if (answer >= 0) facts.synchronised = answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  return facts;
}

DiskFacts disk_facts(const fs::path& folder) {
  DiskFacts facts;
  // The daemon makes the folder when it is missing.
  std::error_code error;
  fs::path there = fs::absolute(folder, error);
  while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  facts.folder = there.string();
  struct statvfs info {};
  if (::statvfs(there.c_str(), &info) != 0) return facts;
  facts.free_bytes = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  facts.free_inodes = info.f_favail;
  facts.counts_inodes = info.f_files > 0;
  return facts;
}

LimitFacts limit_facts(const usb::Places& places, std::uint64_t boards) {
  LimitFacts facts;
  facts.boards = boards;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) facts.open_files = files.rlim_cur;
  facts.ptys = number_in(places.proc / "sys/kernel/pty/max");
  facts.ptys_used = number_in(places.proc / "sys/kernel/pty/nr");
  return facts;
}

v1::DoctorReport examine(const usb::Places& places, const std::vector<boards::CatalogEntry>& catalog,
                         const v1::ScanReport& plugged, const DoctorOptions& options) {
  v1::DoctorReport report;
  const auto add = [&report](v1::DoctorFinding finding) { *report.add_findings() = std::move(finding); };
  std::vector<boards::FarmBoard> farm;
  if (!options.farm_file.empty()) {
    absl::StatusOr<std::vector<boards::FarmBoard>> loaded = boards::load_farm(options.farm_file);
    const absl::Status status = loaded.status();
    if (loaded.ok()) farm = *std::move(loaded);
    std::vector<absl::Status> unusable;
    for (const boards::FarmBoard& board : farm) {
      if (absl::Status type = boards::type_of(board, catalog).status(); !type.ok()) unusable.push_back(std::move(type));
    }
    for (v1::DoctorFinding& finding : check_farm_file(options.farm_file.string(), status, farm.size(), unusable)) {
      add(std::move(finding));
    }
  }
  const auto usb_boards =
      std::ranges::count_if(plugged.boards(), [](const v1::FoundBoard& board) { return !board.usb_id().empty(); });
  const std::string user = user_name();
  for (const std::string& port : ports_of(places, farm, plugged)) add(check_port(port_facts(places, port), user));
  const std::string rules = installed_rules(places);
  add(check_udev(rules, static_cast<int>(usb_boards)));
  add(check_grabbers(process_names(places.proc), !rules.empty()));
  const std::vector<ToolNeed> needs = tool_needs(farm, catalog, plugged);
  for (v1::DoctorFinding& finding : check_tools(look_for_tools(needs), needs)) {
    add(std::move(finding));
  }
  add(check_clock(clock_facts()));
  add(check_disk(disk_facts(options.data_folder)));
  const LimitFacts limits =
      limit_facts(places, std::max<std::uint64_t>(farm.size(), static_cast<std::uint64_t>(usb_boards)));
  add(check_open_files(limits));
  add(check_ptys(limits));
  return report;
}

}  // namespace tinyrig::discovery
