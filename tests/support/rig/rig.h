// A whole TinyRig of a test's own, as processes: emulated farm, daemon, command line, and a gRPC client for
// what tests want to know exactly. Everything lives in one short temporary folder and ends with the object.
#pragma once

#include <grpcpp/channel.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/rig/process.h"
#include "tinyrig/v1/board.grpc.pb.h"
#include "tinyrig/v1/job.grpc.pb.h"
#include "tinyrig/v1/leaderboard.grpc.pb.h"
#include "tinyrig/v1/model.grpc.pb.h"
#include "tinyrig/v1/run.grpc.pb.h"
#include "tinyrig/v1/system.grpc.pb.h"

namespace tinyrig::test {

// What the build knows; TINYRIG_FIRMWARE_DIR of the environment goes before the build's own folder.
struct Programs {
  std::string emulator, daemon, cli, host_agent, bad_agent, faulty_agent;
  std::string jumping_clock;  // to be preloaded (jumping_clock.cpp)
  std::filesystem::path source, catalog, firmware;
};
Programs programs();

// A folder with a path short enough for sockets; gone with the object.
class ShortFolder {
 public:
  ShortFolder();
  ~ShortFolder();
  ShortFolder(const ShortFolder&) = delete;
  ShortFolder& operator=(const ShortFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// tinyrig-emu. Boards of type host run `host_agent`; others need the firmware (throws when it was not built).
class Emulator {
 public:
  // Answers when every board is on.
  Emulator(const std::filesystem::path& folder, const std::string& boards,
           const std::string& host_agent = programs().host_agent,
           const std::vector<std::string>& host_agent_arguments = {},
           const std::vector<std::string>& more_arguments = {});

  Process& process() { return *process_; }
  const std::filesystem::path& run_folder() const { return run_folder_; }
  const std::filesystem::path& state_folder() const { return state_folder_; }
  std::filesystem::path farm_file() const { return run_folder_ / "farm.toml"; }
  // One request to the power switch; the whole answer.
  std::string control(const std::string& request) const;
  // Of the board's process.
  pid_t board_pid(const std::string& board) const;

 private:
  const std::filesystem::path run_folder_, state_folder_;
  std::unique_ptr<Process> process_;
};

std::vector<std::string> emulator_command(const std::filesystem::path& run_folder,
                                          const std::filesystem::path& state_folder, const std::string& boards,
                                          const std::string& host_agent = programs().host_agent);

// The gRPC client. Every call fails the test (EXPECT) when it is refused, unless it says otherwise.
class Api {
 public:
  explicit Api(std::uint16_t port);

  v1::SubmitJobResponse submit(const v1::JobSpec& spec, const std::string& idempotency_key = "");
  // For when the daemon may be gone: says what became of the call.
  grpc::Status try_submit(const v1::JobSpec& spec, const std::string& idempotency_key, v1::SubmitJobResponse* answer);
  v1::Job job(const std::string& job_id);
  v1::Run run(const std::string& run_id);
  v1::ExportRunResponse export_run(const std::string& run_id);
  // What it is, and its bytes.
  std::pair<v1::EnergyCapture, std::string> export_capture(const std::string& run_id);
  v1::Model model(const std::string& name);
  v1::Board board(const std::string& board_id);
  // By name, type or "label:NAME". None while the daemon does not answer.
  std::vector<v1::Board> boards(const std::string& selector);
  std::vector<v1::LogLine> logs(const std::string& job_id);
  v1::QueryLeaderboardResponse leaderboard(const std::string& model);
  // Follows the job until it has finished; as it is then, or as it is at the deadline.
  v1::Job finished_job(const std::string& job_id, Deadline deadline);
  // Follows the job until `condition` holds for one of its runs.
  bool watch_runs(const std::string& job_id, Deadline deadline,
                  const std::function<bool(const v1::RunSummary&)>& condition);
  bool answers();

 private:
  std::shared_ptr<grpc::Channel> channel_;
};

struct DaemonOptions {
  std::filesystem::path data_folder = {};  // empty: "data" in the folder of the daemon
  std::vector<std::filesystem::path> farm_files = {};
  bool with_firmware = false;
  std::filesystem::path catalog = {};  // empty: the repository's
  std::vector<std::string> more_arguments = {};
  std::vector<std::string> variables = {};  // "NAME=value", over the test's environment
};

std::vector<std::string> daemon_command(const std::filesystem::path& folder, const DaemonOptions& options);

// tinyrigd on ports of its own choice.
class Daemon {
 public:
  // Answers when it serves.
  Daemon(std::filesystem::path folder, DaemonOptions options);

  Process& process() { return *process_; }
  Api& api() { return *api_; }
  std::uint16_t grpc_port() const { return grpc_port_; }
  std::uint16_t http_port() const { return http_port_; }
  // What it wrote since it was made, over all starts.
  std::string log() const { return process_->output(); }

  // SIGKILL; start() brings it back on the same data.
  void kill();
  void start();

  // The command line client, against this daemon.
  Ended cli(std::vector<std::string> arguments, Deadline deadline = within(std::chrono::seconds(60)));
  // `tinyrig models add`, expecting success.
  void add_model(const std::filesystem::path& file, const std::filesystem::path& expected);
  // The project's own models/NAME.tflite.
  void add_own_model(const std::string& name);
  // Waits until the board is ready for work; what it is, when it is not.
  bool wait_for_idle(const std::string& board_id, Deadline deadline);

 private:
  const std::filesystem::path folder_;
  const DaemonOptions options_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<Api> api_;
  std::uint16_t grpc_port_ = 0, http_port_ = 0;
};

// A job of one model on one selector, with few iterations.
v1::JobSpec quick_job(const std::string& model, const std::string& board);

}  // namespace tinyrig::test
