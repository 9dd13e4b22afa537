// tinyrig-emu: boards out of nothing, for a farm without hardware.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <string>

#include "emulator/farm.h"
#include "emulator/options.h"
#include "server/base/error.h"

namespace {

using namespace tinyrig;
namespace asio = boost::asio;

void explain(const absl::Status& status) {
  const std::string hint = hint_of(status);
  spdlog::error("{}{}{}", std::string(status.message()), hint.empty() ? "" : "; ", hint);
}

// A board needs six descriptors, and three more with an instrument.
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

// Starts the farm, and takes it down when `interrupted` cancels the wait.
asio::awaitable<int> run(emulator::Farm& farm, asio::signal_set& signals) {
  auto starting = farm.start();
  const absl::Status started = co_await std::move(starting);
  if (started.ok()) {
    spdlog::info("{} boards are on", farm.boards().size());
    auto waiting = signals.async_wait(asio::use_awaitable);
    co_await std::move(waiting);
  } else {
    explain(started);
  }
  // A second signal ends us at once; the kernel then ends the children.
  signals.clear();
  auto stopping = farm.stop();
  co_await std::move(stopping);
  co_return started.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_logger_st("tinyrig-emu"));
  const emulator::Options options = emulator::parse_options(argc, argv);
  allow_many_files();
  asio::io_context context(1);
  asio::signal_set signals(context, SIGINT, SIGTERM);
  emulator::Farm farm(context.get_executor(), options);
  if (const absl::Status prepared = farm.prepare(); !prepared.ok()) {
    explain(prepared);
    return 1;
  }
  int exit_code = 1;
  asio::co_spawn(context, run(farm, signals), [&](std::exception_ptr failure, int code) {
    exit_code = failure == nullptr ? code : 1;
    context.stop();
  });
  context.run();
  return exit_code;
}
