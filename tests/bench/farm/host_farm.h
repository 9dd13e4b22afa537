// The boards: host agents as processes, each behind a PTY, by the emulator's own parts, with an eye on every line.
// It lives in a thread of its own; everything here is called from others.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "emulator/farm.h"
#include "tests/bench/farm/line_times.h"

namespace tinyrig::bench {

class HostFarm {
 public:
  HostFarm(const std::filesystem::path& folder, std::size_t boards, std::uint32_t paced_us);
  // Ends every agent.
  ~HostFarm();
  HostFarm(const HostFarm&) = delete;
  HostFarm& operator=(const HostFarm&) = delete;

  // Answers when every board is on.
  absl::Status start();

  std::filesystem::path farm_file() const { return folder_ / "farm.toml"; }
  // A farm file with the first `count` boards only.
  std::filesystem::path smaller_farm_file(std::size_t count) const;
  const std::vector<std::string>& board_ids() const { return ids_; }

  // Faults. Each answers when it has happened.
  void crash(const std::string& board_id);  // the agent dies; off until the power is cycled
  void reset(const std::string& board_id);  // the reset pin
  void unplug(const std::string& board_id, bool unplugged);
  void lose_replies(const std::string& board_id, bool lost);

  // Lines are written down while `on`.
  void record(bool on);
  // What was written down since record(true).
  std::map<std::string, LineTimes> take_line_times();
  // CPU time of the agents that run now, in seconds (a reset keeps it, a crash loses it).
  double agents_cpu_seconds();

 private:
  struct Watched {
    LineTimes times;
    bool loses_replies = false;
  };
  // Runs `work` in the farm's thread and waits for it.
  void in_thread(const std::function<void()>& work);
  void watch_lines();
  bool on_bytes(Watched& watched, emulator::SerialLine::Direction direction) const;

  const std::filesystem::path folder_;
  boost::asio::io_context context_;
  emulator::Farm farm_;
  std::map<std::string, Watched> watched_;  // the farm's thread, as is recording_
  bool recording_ = false;
  std::vector<std::string> ids_;
  std::thread thread_;
};

}  // namespace tinyrig::bench
