#include "server/discovery/tools.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/discovery/program_output.h"

namespace tinyrig::discovery {
namespace {

bool is_installed(const std::string& name) {
  const char* path = std::getenv("PATH");
  const std::vector<std::string> folders = absl::StrSplit(path == nullptr ? "" : path, ':', absl::SkipEmpty());
  for (const std::string& folder : folders) {
    const std::filesystem::path file = std::filesystem::path(folder) / name;
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    constexpr auto kExecutable = std::filesystem::perms::owner_exec;
    if (!error && std::filesystem::is_regular_file(status) && (status.permissions() & kExecutable) == kExecutable) {
      return true;
    }
  }
  return false;
}

// What tinyrig-emu starts for a board of this type; empty: none.
std::string emulator_of(const boards::CatalogEntry& type) {
  if (!type.type.emulated() || type.core == packed::Core::kPortable) return "";
  return type.core == packed::Core::kRv32imac ? "qemu-system-riscv32" : "qemu-system-arm";
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

std::vector<ToolState> look_for_tools() {
  constexpr std::chrono::seconds kPatience{5};
  std::vector<ToolState> states;
  for (const Tool& tool : known_tools()) {
    ToolState state{tool.name, is_installed(tool.name), ""};
    if (state.installed && !tool.version_arguments.empty()) {
      std::vector<std::string> argv = tool.version_arguments;
      argv.insert(argv.begin(), tool.name);
      const absl::StatusOr<std::string> output = program_output(argv, kPatience);
      state.version = output.ok() ? version_in(*output) : std::string(output.status().message());
    }
    states.push_back(std::move(state));
  }
  return states;
}

std::vector<ToolNeed> tool_needs(const std::vector<boards::FarmBoard>& farm,
                                 const std::vector<boards::CatalogEntry>& catalog, const v1::ScanReport& plugged) {
  const auto is_tool = [](const std::string& name) {
    return std::ranges::find(known_tools(), name, &Tool::name) != known_tools().end();
  };
  std::map<std::vector<std::string>, std::vector<std::string>> by_tools;  // who needs them
  for (const boards::FarmBoard& board : farm) {
    const auto type = std::ranges::find(catalog, board.type, [](const auto& entry) { return entry.type.id(); });
    if (type != catalog.end() && !emulator_of(*type).empty()) by_tools[{emulator_of(*type)}].push_back(board.id);
    if (board.flasher.has_value() && is_tool(board.flasher->kind)) by_tools[{board.flasher->kind}].push_back(board.id);
    if (board.power.has_value() && is_tool(board.power->kind)) by_tools[{board.power->kind}].push_back(board.id);
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

}  // namespace tinyrig::discovery
