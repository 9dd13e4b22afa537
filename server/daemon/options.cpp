#include "server/daemon/options.h"

#include <CLI/CLI.hpp>

#include "server/base/install_folder.h"

namespace tinyrig::daemon {

bool parse_options(int argc, char** argv, Options* options, int* exit_code) {
  if (const std::filesystem::path share = installed_share(); !share.empty()) {
    options->catalog_dir = if_installed(share / "boards");
    options->firmware_dir = if_installed(share / "agents");
    options->web_dir = if_installed(share / "web");
  }
  CLI::App app("tinyrigd: owns a farm of boards, measures models on them, serves the results.");
  app.set_version_flag("--version", "tinyrigd " TINYRIG_VERSION);
  app.add_option("--data", options->data_dir, "Folder of the database and of uploads; made when missing")->required();
  app.add_option("--farm", options->farm_files, "Farm file: which boards there are (may be given several times)")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--catalog", options->catalog_dir, "Folder of board types (deploy/boards)")
      ->required(options->catalog_dir.empty())
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  app.add_option("--firmware", options->firmware_dir, "Folder of built agents; without it boards are not flashed")
      ->capture_default_str();
  app.add_option("--web", options->web_dir, "Folder of the built dashboard")->capture_default_str();
  app.add_option("--grpc", options->grpc_listen, "HOST:PORT of the gRPC API")->capture_default_str();
  app.add_option("--http", options->http_listen, "HOST:PORT of the dashboard and the JSON API")->capture_default_str();
  app.add_option("--ports-file", options->ports_file,
                 "Write the ports here once they are served (\"grpc=N\", \"http=N\"); port 0 takes a free one");
  app.add_option("--allow-host", options->allowed_hosts,
                 "Another host name under which browsers may address the daemon");
  app.add_option("--relearn", options->relearn,
                 "Forget what boards of this type took for the golden model: the next one checked says it anew")
      ->type_name("TYPE");
  app.add_option("--threads", options->threads, "Threads that drive boards and HTTP")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--flashes-per-controller", options->flashes_per_controller,
                 "Boards of one USB controller that are flashed at a time; others wait for their turn")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--log-level", options->log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.footer(
      "Exit codes: 0 ended by a signal, 1 could not start or failed, 2 wrong usage.\n"
      "The daemon listens on loopback, without tokens: whoever can reach it may use it.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    *exit_code = app.exit(error) == 0 ? 0 : 2;
    return false;
  }
  return true;
}

}  // namespace tinyrig::daemon
