#include "emulator/options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "server/base/error.h"
#include "server/base/install_folder.h"

namespace tinyrig::emulator {
namespace {

constexpr char kDefaultBoards[] = "netduinoplus2,mps2-an386=2,mps2-an500,mps2-an505,mps3-an547,rv32-virt,microbit";

}  // namespace

absl::StatusOr<std::vector<BoardCount>> parse_boards(const std::string& text) {
  std::vector<BoardCount> boards;
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    BoardCount board;
    const std::size_t equals = item.find('=');
    board.type = item.substr(0, equals);
    if (equals != std::string::npos) {
      const char* end = item.data() + item.size();
      const auto [stop, error] = std::from_chars(item.data() + equals + 1, end, board.count);
      if (error != std::errc() || stop != end) board.count = 0;
    }
    constexpr std::size_t kMostBoards = 1024;
    if (board.type.empty() || board.count == 0 || board.count > kMostBoards) {
      return make_error(absl::StatusCode::kInvalidArgument, "BOARDS_INVALID",
                        "not a board and its count: \"" + item + "\"",
                        "write TYPE or TYPE=COUNT, separated by commas; COUNT is 1 to 1024");
    }
    boards.push_back(std::move(board));
  }
  return boards;
}

Options parse_options(int argc, char** argv) {
  Options options;
  if (const std::filesystem::path share = installed_share(); !share.empty()) {
    options.catalog = share / "boards";
    options.firmware_folder = if_installed(share / "agents");
    options.host_agent = share.parent_path().parent_path() / "lib" / "tinyrig" / "tinyrig-agent-host";
  }
  std::string boards = kDefaultBoards;
  CLI::App app("A farm of emulated boards behind serial ports, GDB remote endpoints and a power switch.",
               "tinyrig-emu");
  app.add_option("--dir", options.run_folder, "Folder for serial ports and sockets; a short path")
      ->required()
      ->take_last();
  app.add_option("--state", options.state_folder, "Folder that keeps the boards' flash (default: within --dir)")
      ->take_last();
  app.add_option("--catalog", options.catalog, "Board types")->capture_default_str();
  app.add_option("--firmware-dir", options.firmware_folder, "Agents that ./rig firmware built; checked at start")
      ->capture_default_str();
  app.add_flag("--preload", options.preload, "Blank boards come with the agent of --firmware-dir");
  app.add_option("--boards", boards, "TYPE[=COUNT],...")->capture_default_str();
  app.add_option("--write-farm", options.farm_file, "Write the farm file for tinyrigd, when all boards are on");
  app.add_option("--host-agent", options.host_agent, "Agent program for boards of type host")->capture_default_str();
  app.add_option("--host-agent-argument", options.host_agent_arguments, "Argument for it; may be repeated");
  app.add_flag_callback(
      "--no-instruments", [&options] { options.instruments = false; }, "No simulated power monitors");
  try {
    app.parse(argc, argv);
    auto parsed = parse_boards(boards);
    if (!parsed.ok()) throw CLI::ValidationError("--boards", std::string(parsed.status().message()));
    if (options.preload && options.firmware_folder.empty()) throw CLI::RequiresError("--preload", "--firmware-dir");
    options.boards = *std::move(parsed);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  if (options.state_folder.empty()) options.state_folder = options.run_folder / "flash";
  return options;
}

}  // namespace tinyrig::emulator
