// The command line of tinyrig-emu.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::emulator {

struct BoardCount {
  std::string type;
  std::size_t count = 1;
};

struct Options {
  std::filesystem::path run_folder;    // PTY links and sockets
  std::filesystem::path state_folder;  // flash; empty: within run_folder
  std::filesystem::path catalog = "deploy/boards";
  std::filesystem::path firmware_folder;  // empty: not checked
  bool preload = false;                   // blank boards come with the agent of firmware_folder
  std::vector<BoardCount> boards;
  std::filesystem::path farm_file;  // empty: none
  std::filesystem::path host_agent;
  std::vector<std::string> host_agent_arguments;
  bool instruments = true;  // for boards whose type states its current
};

/// "netduinoplus2,mps2-an386=2". INVALID_ARGUMENT (BOARDS_INVALID).
absl::StatusOr<std::vector<BoardCount>> parse_boards(const std::string& text);

/// An installed program takes catalog and agents that were installed with it, unless told otherwise.
/// Ends the process on --help and on usage errors (exit code 2).
Options parse_options(int argc, char** argv);

}  // namespace tinyrig::emulator
