#include "server/discovery/tools.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/base/clean_text.h"
#include "server/flash/tool_process.h"

namespace tinyrig::discovery {
namespace {

namespace asio = boost::asio;

// As execvp() looks for it.
bool is_installed(const std::string& name) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  const std::vector<std::string> folders = absl::StrSplit(path == nullptr ? "" : path, ':', absl::SkipEmpty());
  for (const std::string& folder : folders) {
    const std::filesystem::path file = std::filesystem::path(folder) / name;
    std::error_code error;
    if (std::filesystem::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0) return true;
  }
  return false;
}

// What tinyrig-emu starts for a board of this type; empty: none.
std::string emulator_of(const boards::CatalogEntry& type) {
  if (!type.type.emulated() || type.core == packed::Core::kPortable) return "";
  return type.core == packed::Core::kRv32imac ? "qemu-system-riscv32" : "qemu-system-arm";
}

asio::awaitable<void> ask_version(std::vector<std::string> argv, std::chrono::milliseconds patience, ToolState* state) {
  flash::ToolRun run;
  run.argv = std::move(argv);
  run.deadline = patience;
  flash::ToolProcess process;
  // Some end with an error when they are asked: what they print counts.
  const absl::StatusOr<flash::ToolEnd> end = co_await process.run(std::move(run));
  if (!end.ok()) co_return;
  state->hangs = end->timed_out;
  if (!state->hangs) state->version = version_in(end->output);
}

// The programs that a recipe starts.
std::vector<std::string> programs_of(const flash::Recipe& recipe) {
  std::set<std::string> programs;
  for (const flash::RecipeStep* step : {&recipe.probe, &recipe.write, &recipe.verify, &recipe.read, &recipe.reset}) {
    if (!step->argv.empty()) programs.insert(clean_text(step->argv.front(), 256));
  }
  return {programs.begin(), programs.end()};
}

// How the farm's board is flashed; nullptr: not by a recipe.
const flash::Recipe* recipe_of(const boards::FarmBoard& board, const boards::CatalogEntry* type) {
  if (!board.flasher.has_value() || board.flasher->kind != "command") return nullptr;
  if (board.flasher->recipe.has_value()) return &*board.flasher->recipe;
  return type != nullptr && type->flasher.recipe.has_value() ? &*type->flasher.recipe : nullptr;
}

}  // namespace

const std::vector<Tool>& known_tools() {
  static const std::vector<Tool> tools = {{"openocd", {"--version"}},
                                          {"st-flash", {"--version"}},
                                          {"stm32flash", {}},
                                          {"dfu-util", {"--version"}},
                                          {"avrdude", {"-?"}},
                                          {"bossac", {"--help"}},
                                          {"esptool", {"version"}},
                                          {"picotool", {"version"}},
                                          {"pyocd", {"--version"}},
                                          {"probe-rs", {"--version"}},
                                          {"nrfutil", {"--version"}},
                                          {"JLinkExe", {}},
                                          {"teensy_loader_cli", {}},
                                          {"uhubctl", {"--version"}},
                                          {"qemu-system-arm", {"--version"}},
                                          {"qemu-system-riscv32", {"--version"}}};
  return tools;
}

std::string version_in(const std::string& output) {
  const auto is_digit = [&](std::size_t at) {
    return at < output.size() && absl::ascii_isdigit(static_cast<unsigned char>(output[at]));
  };
  for (std::size_t start = 0; start < output.size(); ++start) {
    if (!is_digit(start)) continue;
    std::size_t dot = start;
    while (is_digit(dot)) ++dot;
    if (dot < output.size() && output[dot] == '.' && is_digit(dot + 1)) {
      const std::size_t end = output.find_first_not_of("0123456789.", dot);
      return output.substr(start, end == std::string::npos ? end : end - start);
    }
    start = dot;
  }
  return "";
}

std::vector<ToolNeed> tool_needs(const std::vector<boards::FarmBoard>& farm,
                                 const std::vector<boards::CatalogEntry>& catalog, const v1::ScanReport& plugged) {
  std::map<std::vector<std::string>, std::vector<std::string>> by_tools;  // who needs them
  for (const boards::FarmBoard& board : farm) {
    const auto at = std::ranges::find(catalog, board.type, [](const auto& entry) { return entry.type.id(); });
    const boards::CatalogEntry* type = at == catalog.end() ? nullptr : &*at;
    if (type != nullptr && !emulator_of(*type).empty()) by_tools[{emulator_of(*type)}].push_back(board.id);
    if (const flash::Recipe* recipe = recipe_of(board, type); recipe != nullptr) {
      for (const std::string& program : programs_of(*recipe)) by_tools[{program}].push_back(board.id);
    }
    if (board.power.has_value() && !board.power->cycle.empty()) {
      by_tools[{board.power->cycle.front()}].push_back(board.id);
    }
  }
  for (const v1::FoundBoard& board : plugged.boards()) {
    const std::vector<std::string> tools(board.flash_tools().begin(), board.flash_tools().end());
    if (!tools.empty()) by_tools[tools].push_back(absl::StrCat(board.name(), " at ", board.usb_path()));
  }
  std::vector<ToolNeed> needs;
  needs.reserve(by_tools.size());
  for (const auto& [tools, boards] : by_tools) needs.push_back({tools, absl::StrJoin(boards, ", ")});
  return needs;
}

std::vector<ToolState> look_for_tools(const std::vector<ToolNeed>& needs, std::chrono::milliseconds patience) {
  std::vector<Tool> tools = known_tools();
  for (const ToolNeed& need : needs) {
    for (const std::string& name : need.any_of) {
      if (std::ranges::find(tools, name, &Tool::name) == tools.end()) tools.push_back({name, {}});
    }
  }
  std::vector<ToolState> states;
  states.reserve(tools.size());  // they stay where they are
  asio::io_context io;
  for (const Tool& tool : tools) {
    ToolState& state = states.emplace_back();
    state.name = tool.name;
    state.installed = is_installed(tool.name);
    if (!state.installed || tool.version_arguments.empty()) continue;
    std::vector<std::string> argv = tool.version_arguments;
    argv.insert(argv.begin(), tool.name);
    asio::co_spawn(io, ask_version(std::move(argv), patience, &state), asio::detached);
  }
  io.run();
  return states;
}

}  // namespace tinyrig::discovery
