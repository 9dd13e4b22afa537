// tinyrigd as a process.
#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

constexpr std::chrono::seconds kStartPatience{60};

std::uint16_t port_in(const std::filesystem::path& file, const std::string& key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(key + "=", 0) == 0) return static_cast<std::uint16_t>(std::stoi(line.substr(key.size() + 1)));
  }
  throw std::runtime_error("no " + key + " in " + file.string());
}

}  // namespace

std::vector<std::string> daemon_command(const std::filesystem::path& folder, const DaemonOptions& options) {
  const Programs known = programs();
  const std::filesystem::path data = options.data_folder.empty() ? folder / "data" : options.data_folder;
  const std::filesystem::path catalog = options.catalog.empty() ? known.catalog : options.catalog;
  std::vector<std::string> command = {
      known.daemon,  "--data", data.string(), "--catalog",    catalog.string(),           "--grpc",
      "127.0.0.1:0", "--http", "127.0.0.1:0", "--ports-file", (folder / "ports").string()};
  for (const std::filesystem::path& farm : options.farm_files) {
    command.insert(command.end(), {"--farm", farm.string()});
  }
  if (options.with_firmware) command.insert(command.end(), {"--firmware", known.firmware.string()});
  command.insert(command.end(), options.more_arguments.begin(), options.more_arguments.end());
  return command;
}

Daemon::Daemon(std::filesystem::path folder, DaemonOptions options)
    : folder_(std::move(folder)), options_(std::move(options)) {
  start();
}

void Daemon::kill() { process_->kill(); }

void Daemon::start() {
  const std::filesystem::path ports = folder_ / "ports";
  std::filesystem::remove(ports);
  process_ = std::make_unique<Process>(daemon_command(folder_, options_), folder_ / "tinyrigd.log", options_.variables);
  if (!wait_until(*process_, within(kStartPatience), [&] { return std::filesystem::exists(ports); })) {
    throw std::runtime_error("tinyrigd does not start:\n" + process_->output());
  }
  grpc_port_ = port_in(ports, "grpc");
  http_port_ = port_in(ports, "http");
  api_ = std::make_unique<Api>(grpc_port_);
}

Ended Daemon::cli(std::vector<std::string> arguments, Deadline deadline) {
  arguments.insert(arguments.begin(), programs().cli);
  return run_program(arguments, folder_, deadline, {"TINYRIG_SERVER=127.0.0.1:" + std::to_string(grpc_port_)});
}

void Daemon::add_model(const std::filesystem::path& file, const std::filesystem::path& expected) {
  const Ended added = cli({"models", "add", file.string(), "--expected", expected.string()});
  ASSERT_EQ(added.exit_code, 0) << added.output;
}

void Daemon::add_own_model(const std::string& name) {
  const std::filesystem::path models = programs().source / "models";
  add_model(models / (name + ".tflite"), models / (name + ".json"));
}

bool Daemon::wait_for_idle(const std::string& board_id, Deadline deadline) {
  return wait_until(*process_, deadline, [&] {
    const v1::Board board = api_->board(board_id);
    return board.activity() == v1::ACTIVITY_IDLE && board.health() == v1::HEALTH_GOOD;
  });
}

}  // namespace tinyrig::test
