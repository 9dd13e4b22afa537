// The judgements of `tinyrig farm doctor`: each a pure function of what was seen (doctor_facts.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/discovery/tools.h"
#include "tinyrig/v1/discovery.pb.h"

namespace tinyrig::discovery {

struct PortFacts {
  std::string path;
  bool exists = true;
  bool may_open = false;  // read and write, by permission
  std::string group;      // that owns it
  unsigned mode = 0;      // permission bits
  // Of other processes; PTYs have none here. tinyrigd is no stranger.
  std::vector<std::string> holders;
};

struct ClockFacts {
  std::int64_t unix_seconds = 0;
  std::optional<bool> synchronised;  // nullopt: the kernel does not tell
};

struct DiskFacts {
  std::string folder;
  std::uint64_t free_bytes = 0;
  std::uint64_t free_inodes = 0;
  bool counts_inodes = false;  // not every file system does
};

struct LimitFacts {
  std::uint64_t boards = 0;
  std::uint64_t open_files = 0;  // that a process may have
  std::uint64_t ptys = 0;        // that the machine may have
  std::uint64_t ptys_used = 0;
};

// `loaded`: how reading it went; `unusable`: what is wrong with the types of its boards, a finding each.
std::vector<v1::DoctorFinding> check_farm_file(const std::string& file, const absl::Status& loaded, std::size_t boards,
                                               const std::vector<absl::Status>& unusable);
v1::DoctorFinding check_port(const PortFacts& port, const std::string& user);
// `rules`: where they are installed; empty: nowhere. `usb_boards`: that are plugged in.
v1::DoctorFinding check_udev(const std::string& rules, int usb_boards);
// `processes`: names of all that run.
v1::DoctorFinding check_grabbers(const std::vector<std::string>& processes, bool rules_installed);
// A finding for each need, one for each other tool that is installed, and one for all that are not.
std::vector<v1::DoctorFinding> check_tools(const std::vector<ToolState>& tools, const std::vector<ToolNeed>& needs);
v1::DoctorFinding check_clock(const ClockFacts& clock);
v1::DoctorFinding check_disk(const DiskFacts& disk);
v1::DoctorFinding check_open_files(const LimitFacts& limits);
v1::DoctorFinding check_ptys(const LimitFacts& limits);

}  // namespace tinyrig::discovery
