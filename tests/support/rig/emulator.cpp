// tinyrig-emu as a process.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

// The answer's last line starts with "ok" or "error".
bool whole(const std::string& answer) {
  if (answer.empty() || answer.back() != '\n') return false;
  const std::size_t before = answer.size() < 2 ? std::string::npos : answer.rfind('\n', answer.size() - 2);
  const std::string last = answer.substr(before == std::string::npos ? 0 : before + 1);
  return last.rfind("ok", 0) == 0 || last.rfind("error", 0) == 0;
}

std::string converse(int socket, const std::string& request) {
  const std::string line = request + "\n";
  if (::send(socket, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) return "not sent";
  std::string answer;
  while (!whole(answer)) {
    pollfd ready{socket, POLLIN, 0};
    if (::poll(&ready, 1, 60'000) <= 0) return answer + "no answer in a minute";
    char buffer[4096];
    const ssize_t count = ::read(socket, buffer, sizeof buffer);
    if (count <= 0) return answer + "hung up";
    answer.append(buffer, static_cast<std::size_t>(count));
  }
  return answer;
}

bool needs_firmware(const std::string& boards) {
  return boards.rfind("host", 0) != 0 || boards.find(',') != boards.npos;
}

}  // namespace

std::vector<std::string> emulator_command(const std::filesystem::path& run_folder,
                                          const std::filesystem::path& state_folder, const std::string& boards,
                                          const std::string& host_agent) {
  const Programs known = programs();
  return {known.emulator,
          "--dir",
          run_folder.string(),
          "--state",
          state_folder.string(),
          "--catalog",
          known.catalog.string(),
          "--boards",
          boards,
          "--host-agent",
          host_agent,
          "--write-farm",
          (run_folder / "farm.toml").string()};
}

Emulator::Emulator(const std::filesystem::path& folder, const std::string& boards, const std::string& host_agent,
                   const std::vector<std::string>& host_agent_arguments, const std::vector<std::string>& more_arguments)
    : run_folder_(folder / "run"), state_folder_(folder / "flash") {
  const Programs known = programs();
  std::vector<std::string> command = emulator_command(run_folder_, state_folder_, boards, host_agent);
  if (needs_firmware(boards)) {
    if (!std::filesystem::exists(known.firmware)) {
      throw std::runtime_error("no firmware in " + known.firmware.string() +
                               ": build it with ./rig firmware, or name its folder in TINYRIG_FIRMWARE_DIR");
    }
    command.insert(command.end(), {"--firmware-dir", known.firmware.string()});
  }
  for (const std::string& argument : host_agent_arguments) {
    command.insert(command.end(), {"--host-agent-argument", argument});
  }
  command.insert(command.end(), more_arguments.begin(), more_arguments.end());
  std::filesystem::create_directories(run_folder_);
  std::filesystem::remove(farm_file());
  process_ = std::make_unique<Process>(command, folder / "emulator.log");
  if (!wait_until(*process_, within(std::chrono::seconds(90)), [&] { return std::filesystem::exists(farm_file()); })) {
    throw std::runtime_error("tinyrig-emu does not start:\n" + process_->output());
  }
}

std::string Emulator::control(const std::string& request) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (run_folder_ / "control.sock").string();
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer = "cannot connect";
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    answer = converse(socket, request);
  }
  ::close(socket);
  return answer;
}

pid_t Emulator::board_pid(const std::string& board) const {
  const std::string all = control("status");
  const std::size_t line = all.find("board " + board + " ");
  const std::size_t at = line == std::string::npos ? line : all.find(" pid=", line);
  if (at == std::string::npos) throw std::runtime_error("no board " + board + " in:\n" + all);
  return std::stoi(all.substr(at + 5));
}

}  // namespace tinyrig::test
