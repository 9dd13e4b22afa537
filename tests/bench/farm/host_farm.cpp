#include "tests/bench/farm/host_farm.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <fstream>
#include <utility>

#include "tests/bench/farm/process_use.h"
#include "tests/support/rig/rig.h"

namespace tinyrig::bench {
namespace {

namespace asio = boost::asio;

emulator::Options options_of(const std::filesystem::path& folder, std::size_t boards, std::uint32_t paced_us) {
  const test::Programs programs = test::programs();
  emulator::Options options;
  options.run_folder = folder;
  options.state_folder = folder / "state";
  options.catalog = programs.catalog;
  options.boards = {{"host", boards}};
  options.instruments = false;
  options.farm_file = folder / "farm.toml";
  // Boards have processors of their own: agents get what the daemon leaves of this machine's. Each is a session, which
  // the kernel may schedule as a group with a niceness of its own.
  options.host_agent = "/bin/sh";
  options.host_agent_arguments = {"-c", "echo 19 2>/dev/null >/proc/self/autogroup; exec nice -n 19 \"$0\" \"$@\"",
                                  programs.host_agent, "--paced-us=" + std::to_string(paced_us)};
  return options;
}

std::int64_t now_us() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

}  // namespace

HostFarm::HostFarm(const std::filesystem::path& folder, std::size_t boards, std::uint32_t paced_us)
    : folder_(folder), context_(1), farm_(context_.get_executor(), options_of(folder, boards, paced_us)) {
  // Children die with the thread that started them: it must be this one, and it outlives them.
  thread_ = std::thread([this] {
    const auto guard = asio::make_work_guard(context_);
    context_.run();
  });
}

HostFarm::~HostFarm() {
  std::promise<void> stopped;
  asio::co_spawn(context_, farm_.stop(), [&](const std::exception_ptr&) { stopped.set_value(); });
  stopped.get_future().wait();
  context_.stop();
  thread_.join();
}

absl::Status HostFarm::start() {
  if (absl::Status prepared = farm_.prepare(); !prepared.ok()) return prepared;
  for (const auto& [id, board] : farm_.boards()) ids_.push_back(id);
  watch_lines();
  return asio::co_spawn(context_, farm_.start(), asio::use_future).get();
}

void HostFarm::watch_lines() {
  for (const auto& [id, board] : farm_.boards()) {
    Watched& watched = watched_[id];
    board->line().set_tap([this, &watched](emulator::SerialLine::Direction direction, std::size_t) {
      return on_bytes(watched, direction);
    });
  }
}

bool HostFarm::on_bytes(Watched& watched, emulator::SerialLine::Direction direction) const {
  const bool to_host = direction == emulator::SerialLine::Direction::kToHost;
  if (to_host && watched.loses_replies) return false;
  if (!recording_) return true;
  to_host ? watched.times.from_board(now_us()) : watched.times.from_host(now_us());
  return true;
}

std::filesystem::path HostFarm::smaller_farm_file(std::size_t count) const {
  std::ifstream whole(farm_file());
  const std::filesystem::path path = folder_ / "smaller.toml";
  std::ofstream part(path);
  std::size_t seen = 0;
  for (std::string line; std::getline(whole, line);) {
    if (line == "[[board]]" && ++seen > count) break;
    part << line << "\n";
  }
  return path;
}

void HostFarm::in_thread(const std::function<void()>& work) {
  std::promise<void> done;
  asio::post(context_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void HostFarm::crash(const std::string& board_id) {
  in_thread([&] { farm_.boards().at(board_id)->crash(); });
}

void HostFarm::reset(const std::string& board_id) {
  const std::shared_ptr<emulator::Board> board = farm_.boards().at(board_id);
  asio::co_spawn(context_, board->reset(), asio::use_future).wait();  // an error: it is off already
}

void HostFarm::unplug(const std::string& board_id, bool unplugged) {
  in_thread([&] {
    emulator::SerialLine& line = farm_.boards().at(board_id)->line();
    if (unplugged) {
      line.unplug();
    } else {
      (void)line.plug();  // out of PTYs: the board stays unplugged, and is seen as failing
    }
  });
}

void HostFarm::lose_replies(const std::string& board_id, bool lost) {
  in_thread([&] { watched_.at(board_id).loses_replies = lost; });
}

void HostFarm::record(bool on) {
  in_thread([&] {
    for (auto& [id, watched] : watched_) watched.times = {};
    recording_ = on;
  });
}

std::map<std::string, LineTimes> HostFarm::take_line_times() {
  std::map<std::string, LineTimes> times;
  in_thread([&] {
    for (auto& [id, watched] : watched_) times[id] = std::move(watched.times);
    recording_ = false;
  });
  return times;
}

double HostFarm::agents_cpu_seconds() {
  double seconds = 0;
  in_thread([&] {
    for (const auto& [id, board] : farm_.boards()) {
      if (board->pid() != 0) seconds += use_of(board->pid()).cpu_seconds;
    }
  });
  return seconds;
}

}  // namespace tinyrig::bench
