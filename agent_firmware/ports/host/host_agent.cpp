#include "agent_firmware/ports/host/host_agent.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "agent_firmware/agent/agent.h"
#include "agent_firmware/ports/host/host_port.h"
#include "agent_firmware/ports/host/line.h"

namespace {

using namespace tinyrig;

constexpr std::size_t kStackBytes = 256 * 1024;
alignas(4096) std::byte agent_stack[kStackBytes];

std::uint32_t paced_us = 0;
port::host::Setup setup;
agent::Model::RunModel inference = runtime::run;

// The real inference, then the rest of the stated time asleep: the host's load in scale tests is that of
// the farm, not of the models.
runtime::Error paced_run(const runtime::OperatorHook* hook) {
  const std::uint64_t until = port::ticks() + std::uint64_t{paced_us} * 1000;
  const runtime::Error error = inference(hook);
  timespec deadline{.tv_sec = static_cast<time_t>(until / 1'000'000'000U),
                    .tv_nsec = static_cast<long>(until % 1'000'000'000U)};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nullptr) == EINTR) {
  }
  return error;
}

std::string hex(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    char pair[3];
    std::snprintf(pair, sizeof pair, "%02x", byte);
    text += pair;
  }
  return text;
}

// The command line of the next boot: same line, RAM gone, one boot more. Made before it is needed, since
// the reset button is a signal.
struct NextBoot {
  std::vector<std::string> arguments;
  std::vector<char*> argv;
} next_boot;

void prepare_next_boot() {
  next_boot.arguments = {"tinyrig-agent-host",
                         "--software-reset",
                         "--fd=" + std::to_string(setup.line_fd),
                         "--unit-id=" + hex(setup.unit_id),
                         "--ram-bytes=" + std::to_string(setup.ram_bytes),
                         "--slot-bytes=" + std::to_string(setup.slot_bytes),
                         "--boot-count=" + std::to_string(setup.boot_count + 1),
                         "--clock-slow-ppm=" + std::to_string(setup.clock_slow_ppm),
                         "--paced-us=" + std::to_string(paced_us)};
  if (!setup.slot_file.empty()) {
    next_boot.arguments.push_back("--slot-file=" + setup.slot_file);
  }
  if (!setup.pty_link.empty()) {
    next_boot.arguments.push_back("--pty-link=" + setup.pty_link);
  }
  if (setup.trigger_fd >= 0) {
    next_boot.arguments.push_back("--trigger-fd=" + std::to_string(setup.trigger_fd));
    ::fcntl(setup.trigger_fd, F_SETFD, 0);
  }
  for (std::string& argument : next_boot.arguments) {
    next_boot.argv.push_back(argument.data());
  }
  next_boot.argv.push_back(nullptr);
  ::fcntl(setup.line_fd, F_SETFD, 0);
}

void restart() { ::execv("/proc/self/exe", next_boot.argv.data()); }

void on_reset_button(int) {
  restart();
  ::_exit(1);
}

// SIGHUP is the board's reset button.
void arm_reset_button() {
  struct sigaction action {};
  action.sa_handler = on_reset_button;
  ::sigaction(SIGHUP, &action, nullptr);
  sigset_t hang_up;
  ::sigemptyset(&hang_up);
  ::sigaddset(&hang_up, SIGHUP);
  ::sigprocmask(SIG_UNBLOCK, &hang_up, nullptr);  // blocked when the last boot ended in the handler
}

bool parse_hex(const std::string& text, std::vector<std::uint8_t>& bytes) {
  if (text.size() % 2 != 0 || text.size() > 32 || text.find_first_not_of("0123456789abcdefABCDEF") != text.npos) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return true;
}

void* run_agent(void*) {
  agent::Options options{.masks_interrupts = false, .run = inference};
  if (paced_us != 0) {
    options.paced = true;
    options.run = paced_run;
  }
  port::init();
  static agent::Agent agent{options};
  agent.run();
}

}  // namespace

int tinyrig::port::host::run_host_agent(int argc, char** argv, agent::Model::RunModel run) {
  inference = run;
  CLI::App app{"TinyRig's agent as a process of this host: one process is one board."};
  std::string unit_id = "00";
  std::string pty;
  bool software_reset = false;
  setup.ram_bytes = 1 << 20;
  setup.slot_bytes = 1 << 20;
  auto* const fd = app.add_option("--fd", setup.line_fd, "descriptor of the line: an inherited socket or PTY");
  auto* const pty_option = app.add_option("--pty", pty, "opens a PTY and makes this symlink to it");
  fd->excludes(pty_option);
  app.add_option("--trigger-fd", setup.trigger_fd, "descriptor of the trigger's line (wire/trigger_line.h)");
  app.add_option("--unit-id", unit_id, "hex digits, at most 16 bytes")->capture_default_str();
  app.add_option("--ram-bytes", setup.ram_bytes, "RAM for models and arena")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1024}, std::size_t{1} << 30));
  app.add_option("--slot-file", setup.slot_file, "file that is the flash slot; without it there is none");
  app.add_option("--slot-bytes", setup.slot_bytes)
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1024}, std::size_t{1} << 30));
  app.add_option("--paced-us", paced_us, "stretch every inference to this length (never a result)");
  app.add_option("--clock-slow-ppm", setup.clock_slow_ppm, "a bad crystal: the counter lags behind what it states")
      ->check(CLI::Range(0U, 500'000U));
  app.add_option("--boot-count", setup.boot_count)->group("");
  app.add_option("--pty-link", setup.pty_link)->group("");
  app.add_flag("--software-reset", software_reset)->group("");
  app.footer("SIGHUP is the reset button. The process ends when its line is closed.");
  CLI11_PARSE(app, argc, argv);

  setup.unit_id.clear();
  if (!parse_hex(unit_id, setup.unit_id)) {
    std::fprintf(stderr, "--unit-id: '%s' is not up to 16 bytes in hex digits\n", unit_id.c_str());
    return 2;
  }
  if (!pty.empty()) {
    setup.line_fd = port::host::open_pty(pty);
    setup.pty_link = pty;
  }
  if (setup.line_fd < 0) {
    std::fprintf(stderr, "give --fd or --pty\n");
    return 2;
  }
  if (::fcntl(setup.line_fd, F_GETFD) < 0) {
    std::fprintf(stderr, "--fd %d: not open\n", setup.line_fd);
    return 2;
  }
  if (setup.trigger_fd >= 0 && ::fcntl(setup.trigger_fd, F_GETFD) < 0) {
    std::fprintf(stderr, "--trigger-fd %d: not open\n", setup.trigger_fd);
    return 2;
  }
  setup.ram_bytes = setup.ram_bytes / 16 * 16;
  setup.slot_bytes = setup.slot_bytes / 16 * 16;
  setup.stack = agent_stack;
  setup.restart = restart;
  if (software_reset) {
    setup.reset_reason = port::ResetReason::kSoftware;
  }
  if (!port::host::set_up(setup)) {
    return 1;
  }

  ::signal(SIGPIPE, SIG_IGN);  // a closed line ends us in an orderly way
  prepare_next_boot();
  arm_reset_button();
  // On a stack of known bounds, so that its use is measured as on a board.
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, agent_stack, sizeof agent_stack);
  pthread_t thread;
  if (pthread_create(&thread, &attributes, run_agent, nullptr) != 0) {
    std::fprintf(stderr, "cannot start the agent's thread\n");
    return 1;
  }
  pthread_join(thread, nullptr);
  return 0;
}
