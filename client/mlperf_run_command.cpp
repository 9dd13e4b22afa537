// tinyrig mlperf run: performs modes of MLPerf Tiny on a board at a port of this machine, and writes what a submission
// needs. No server.
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/commands.h"
#include "client/interrupt.h"
#include "client/mlperf_text.h"
#include "client/model_upload.h"
#include "client/percent_progress.h"
#include "client/table.h"
#include "client/version.h"
#include "server/base/error.h"
#include "server/dut/dataset.h"
#include "server/dut/dut_client.h"
#include "server/dut/prepare_agent.h"
#include "server/dut/runner.h"
#include "server/link/serial_port.h"
#include "server/mlperf/audit.h"

namespace tinyrig::client {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// A board whose serial line is a PTY is a process of this machine.
bool is_pseudo_terminal(const std::string& port) {
  std::error_code error;
  return absl::StartsWith(fs::canonical(port, error).string(), "/dev/pts/") && !error;
}

// What goes on, on stderr: one line that changes on a terminal; elsewhere each, but of inputs every hundredth.
class StatusLine {
 public:
  ~StatusLine() { end(); }
  void show(const std::string& text) {
    if (!terminal_) {
      const bool many = absl::StartsWith(text, "input ");
      if (!many || shown_++ % 100 == 0) std::fprintf(stderr, "%s\n", text.c_str());
      return;
    }
    std::fprintf(stderr, "\r%s\033[K", text.c_str());
    open_ = true;
  }
  void end() {
    if (open_) std::fputc('\n', stderr);
    open_ = false;
  }

 private:
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool open_ = false;
  int shown_ = 0;
};

absl::Status write_failed(const fs::path& path, const std::string& why) {
  return make_error(absl::StatusCode::kInvalidArgument, "FILE_NOT_WRITTEN", absl::StrCat(path.string(), ": ", why));
}

// The folder is there with all files or not at all.
absl::Status write_run(const fs::path& folder, const dut::RunFiles& files) {
  const fs::path partial = folder.string() + ".partial";
  std::error_code error;
  fs::remove_all(partial, error);
  fs::create_directories(partial, error);
  if (error) return write_failed(partial, error.message());
  for (const auto& [name, bytes] : files) {
    std::ofstream file(partial / name, std::ios::binary);
    file << bytes;
    file.close();
    if (!file) return write_failed(partial / name, "it cannot be written");
  }
  fs::rename(partial, folder, error);
  return error ? write_failed(folder, error.message()) : absl::OkStatus();
}

class MlperfRun {
 public:
  MlperfRun(asio::io_context& io, const MlperfRunOptions& options, dut::Dataset dataset, std::string model)
      : io_(io), options_(options), dataset_(std::move(dataset)), model_(std::move(model)) {}

  asio::awaitable<void> run() {
    status_ = co_await perform();
    line_.end();
  }

  const absl::Status& status() const { return status_; }
  const mlperf::AuditReport& report() const { return report_; }

 private:
  asio::awaitable<absl::Status> perform() {
    if (!model_.empty()) {
      const absl::Status prepared = co_await prepare();
      if (!prepared.ok()) co_return prepared;
    }
    auto port = link::SerialPort::open(io_.get_executor(), options_.port, options_.baud);
    if (!port.ok()) co_return port.status();
    dut::Runner* runner = nullptr;
    dut::DutClient client(*std::move(port), [&runner](std::string_view line) {
      if (runner != nullptr) runner->on_line(line);
    });
    dut::Runner made(client, dataset_, [this](const std::string& text) { line_.show(text); });
    runner = &made;
    const std::chrono::milliseconds boot_limit{15'000};
    line_.show("asking the device for its name");
    const absl::StatusOr<std::string> found = co_await client.find(boot_limit);
    if (!found.ok()) co_return found.status();
    const absl::StatusOr<dut::Identity> identity = co_await client.identify();
    if (!identity.ok()) co_return identity.status();
    line_.show(absl::StrCat("device ", printable(identity->name), ", model ", printable(identity->model),
                            emulated_ ? ", emulated: no silicon, and its own time" : ""));
    line_.end();
    const mlperf::Benchmark benchmark = mlperf::benchmark_of_model(identity->model);
    for (const std::string& name : options_.modes) {
      const absl::Status done = co_await perform_mode(made, mlperf::mode_of_folder(name), benchmark);
      if (!done.ok()) co_return done;
    }
    co_return absl::OkStatus();
  }

  asio::awaitable<absl::Status> prepare() {
    auto port = link::SerialPort::open(io_.get_executor(), options_.port, options_.baud);
    if (!port.ok()) co_return port.status();
    PercentProgress progress("sending the model");
    const std::function<void(std::uint64_t, std::uint64_t)> show =
        [&progress](std::uint64_t done, std::uint64_t total) { progress.show(done, total); };
    std::unique_ptr<link::Transport> transport = *std::move(port);
    const std::span<const std::uint8_t> tflite(reinterpret_cast<const std::uint8_t*>(model_.data()), model_.size());
    const absl::StatusOr<dut::PreparedAgent> prepared =
        co_await dut::prepare_agent(std::move(transport), tflite, options_.model_id, show);
    if (!prepared.ok()) co_return prepared.status();
    co_return absl::OkStatus();
  }

  asio::awaitable<absl::Status> perform_mode(dut::Runner& runner, mlperf::Mode mode, mlperf::Benchmark benchmark) {
    const std::string place =
        absl::StrCat(std::string(mlperf::name_of(benchmark)), "/", std::string(mlperf::name_of(mode)));
    const fs::path folder = fs::path(options_.output) / place;
    std::error_code error;
    if (fs::exists(folder, error)) {
      co_return make_error(absl::StatusCode::kInvalidArgument, "FOLDER_EXISTS",
                           absl::StrCat(folder.string(), " is there already"),
                           "Results are never replaced: give another --output, or remove it.");
    }
    dut::RunOptions run;
    run.mode = mode;
    run.iterations = options_.iterations == 0 ? std::nullopt : std::optional<std::uint64_t>(options_.iterations);
    run.emulated = emulated_;
    run.division = options_.open ? mlperf::Division::kOpen : mlperf::Division::kClosed;
    run.runner = absl::StrCat("TinyRig ", kClientVersion);
    absl::StatusOr<dut::RunOutcome> outcome = co_await runner.run(run);
    line_.end();
    if (!outcome.ok()) co_return outcome.status();
    const absl::Status written = write_run(folder, outcome->files);
    if (!written.ok()) co_return written;
    std::fprintf(stderr, "wrote %s\n", folder.c_str());
    report_.runs.push_back(outcome->report);
    co_return absl::OkStatus();
  }

  asio::io_context& io_;
  const MlperfRunOptions& options_;
  const dut::Dataset dataset_;
  const std::string model_;
  const bool emulated_ = is_pseudo_terminal(options_.port);
  StatusLine line_;
  absl::Status status_ = absl::CancelledError();
  mlperf::AuditReport report_;
};

ExitCode report_status(const absl::Status& status) {
  const bool local = absl::IsInvalidArgument(status) || absl::IsNotFound(status);
  return report({local ? kUsage : kUnavailable, reason_of(status), std::string(status.message()), hint_of(status)});
}

}  // namespace

ExitCode mlperf_run(const GlobalOptions& global, const MlperfRunOptions& options) {
  InterruptWatch interrupt;
  std::string model;
  if (!options.model.empty()) {
    if (const ExitCode read = read_file(options.model, &model); read != kOk) return read;
  }
  absl::StatusOr<dut::Dataset> dataset =
      options.dataset.empty() ? dut::generated_dataset() : dut::read_dataset(options.dataset);
  if (!dataset.ok()) return report_status(dataset.status());
  if (dataset->generated()) {
    std::fprintf(stderr, "no --dataset: inputs are made up, which is good for a look and for no submission\n");
  }
  asio::io_context io;
  MlperfRun run(io, options, *std::move(dataset), std::move(model));
  interrupt.on_interrupt([&io] { io.stop(); });
  asio::co_spawn(io, run.run(), asio::detached);
  io.run();
  interrupt.on_interrupt(nullptr);
  if (interrupt.interrupted()) {
    std::fprintf(stderr, "\ninterrupted: nothing of the run under way was written\n");
    return kDetached;
  }
  if (!run.status().ok()) return report_status(run.status());
  if (!print(global.json ? mlperf_json(run.report()) : mlperf_text(run.report()))) return kUnavailable;
  return run.report().count(mlperf::Severity::kError) == 0 ? kOk : kNotSucceeded;
}

}  // namespace tinyrig::client
