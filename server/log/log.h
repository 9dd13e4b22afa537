// The daemon's log: one line per event, for people or for programs, with the board, job and run that it is about.
//
//   text  2026-11-27T20:15:00.123 warning board=emu-an386-1 run=r-1 AGENT_SILENT (...): reset
//   json  {"time":"2026-11-27T20:15:00.123Z","level":"warning","message":"...","board":"emu-an386-1","run":"r-1"}
//
// Whatever goes through spdlog comes out in that shape. Texts of boards, tools and users are cleaned: no control
// characters, so no line that is not ours, and bounded. Thread-safe.
#pragma once

#include <spdlog/common.h>
#include <spdlog/formatter.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace tinyrig {

enum class LogFormat { kText, kJson };

/// What an event is about; empty: nothing of that kind, or not known.
struct LogSubject {
  std::string board = {};
  std::string job = {};
  std::string run = {};
};

/// Sets up what the process writes to stderr. Before other threads log.
void start_log(LogFormat format, const std::string& level);

void log_event(spdlog::level::level_enum level, const LogSubject& subject, std::string_view message);

/// "info", "warning", "error", as logs of boards and jobs have them; anything else: info.
spdlog::level::level_enum log_level_of(const std::string& name);

/// For a logger of one's own.
std::unique_ptr<spdlog::formatter> make_log_formatter(LogFormat format);

}  // namespace tinyrig
