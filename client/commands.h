// The commands: what each one was asked, and the function that does it. Each gives the process' exit code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/connection.h"

namespace tinyrig::client {

struct GlobalOptions {
  ServerChoice server;
  bool json = false;
};

struct BoardsOptions {
  std::string selector;
  bool types = false;
};
ExitCode boards(const GlobalOptions& global, const BoardsOptions& options);
/// The farm at a glance, until Ctrl-C or q. `once`, or without a terminal: one picture.
ExitCode top(const GlobalOptions& global, bool once);

/// What is plugged into this machine; no server.
struct FarmScanOptions {
  std::vector<std::string> ports;
  bool no_hello = false;
  std::uint32_t wait_ms = 1500;
  std::string write_file;
  bool force = false;
  std::string catalog;
};
ExitCode farm_scan(const GlobalOptions& global, const FarmScanOptions& options);

/// Whether this machine is fit for a farm; no server.
struct FarmDoctorOptions {
  std::string farm_file;
  std::string data_folder = ".";
  std::string catalog;
};
ExitCode farm_doctor(const GlobalOptions& global, const FarmDoctorOptions& options);
/// Who this user is for the server, and tokens for others.
struct LoginOptions {
  std::string token_file;  // empty: typed, or from a pipe
};
ExitCode login(const GlobalOptions& global, const LoginOptions& options);
ExitCode logout(const GlobalOptions& global);
ExitCode whoami(const GlobalOptions& global);
struct TokenOptions {
  std::string user;
  std::string name;
  std::string role;
  std::string expires;  // "90d"; empty: never
  std::string id;
};
ExitCode token_create(const GlobalOptions& global, const TokenOptions& options);
ExitCode token_list(const GlobalOptions& global);
ExitCode token_revoke(const GlobalOptions& global, const TokenOptions& options);
struct AuditOptions {
  std::string subject;
  std::uint32_t limit = 0;
};
ExitCode admin_audit(const GlobalOptions& global, const AuditOptions& options);

ExitCode board_show(const GlobalOptions& global, const std::string& board_id);
/// Reserve, drain, quarantine and release one board.
struct HoldOptions {
  std::string board;
  std::string owner;  // empty: the user at this machine
  std::string reason;
  std::string duration;  // "2h"
  std::string token;
  bool force = false;
  bool no_wait = false;  // for what the board runs to end
};
ExitCode board_reserve(const GlobalOptions& global, const HoldOptions& options);
ExitCode board_drain(const GlobalOptions& global, const HoldOptions& options);
ExitCode board_quarantine(const GlobalOptions& global, const HoldOptions& options);
ExitCode board_release(const GlobalOptions& global, const HoldOptions& options);
/// Without a token, both reserve the board for themselves, and release it.
struct ConsoleOptions {
  std::string board;
  std::string token;
  std::string owner;
  std::string duration = "1h";
  std::uint32_t baud_rate = 0;    // the agent's
  std::uint32_t quiet_ms = 1000;  // after the end of piped input
};
ExitCode board_console(const GlobalOptions& global, const ConsoleOptions& options);
struct FlashOptions {
  std::string board;
  std::string file;  // empty: the daemon's agent
  std::string token;
  std::string owner;
};
ExitCode board_flash(const GlobalOptions& global, const FlashOptions& options);
ExitCode board_log(const GlobalOptions& global, const std::string& board_id, std::uint32_t limit);

struct ModelsAddOptions {
  std::string file;
  std::string name;
  std::string expected_file;
};
ExitCode models_add(const GlobalOptions& global, const ModelsAddOptions& options);
ExitCode models_list(const GlobalOptions& global);
ExitCode models_show(const GlobalOptions& global, const std::string& name);

struct InspectOptions {
  std::string model;
  std::vector<std::string> board_types;
  std::string catalog;
};
ExitCode inspect_model(const GlobalOptions& global, const InspectOptions& options);

struct SubmitOptions {
  std::vector<std::string> models;
  std::vector<std::string> boards;
  std::vector<std::string> runtimes;
  std::vector<std::string> measurements;
  std::uint32_t sessions = 0;
  std::uint32_t iterations = 0;
  std::uint32_t warmup = 0;
  std::uint32_t seed = 0;
  std::uint32_t energy_windows = 0;
  std::uint32_t energy_window_ms = 0;
  bool skip_unfit = false;
  bool wait = false;
  bool cancel_on_interrupt = false;
  std::string key;
  std::vector<std::string> annotations;
  std::string owner;         // empty: the user
  std::string priority;      // low, normal, high; empty: normal
  std::string start_within;  // a duration; empty: none
};
ExitCode submit(const GlobalOptions& global, const SubmitOptions& options);

ExitCode jobs_list(const GlobalOptions& global, std::uint32_t limit);
ExitCode job_show(const GlobalOptions& global, const std::string& job_id);
ExitCode job_cancel(const GlobalOptions& global, const std::string& job_id);
ExitCode job_logs(const GlobalOptions& global, const std::string& job_id);
/// Like submit --wait, for a job that is there.
ExitCode job_wait(const GlobalOptions& global, const std::string& job_id, bool cancel_on_interrupt);

ExitCode run_show(const GlobalOptions& global, const std::string& run_id);
struct ExportOptions {
  std::string run_id;
  std::string format;
  std::string output_file;
};
ExitCode export_run(const GlobalOptions& global, const ExportOptions& options);

ExitCode energy_show(const GlobalOptions& global, const std::string& run_id);
/// What the instrument sent, into a file, and what it is, into another beside it.
struct EnergyExportOptions {
  std::string run_id;
  std::string output_file;
};
ExitCode energy_export(const GlobalOptions& global, const EnergyExportOptions& options);

struct LeaderboardOptions {
  std::string model;
  std::string board_type;
  std::string runtime;
  std::uint32_t limit = 0;
};
ExitCode leaderboard(const GlobalOptions& global, const LeaderboardOptions& options);

/// Either two models and boards to measure them on, or two finished runs.
struct GateOptions {
  std::string base;
  std::string head;
  std::vector<std::string> boards;
  std::string runtime;
  std::string base_run;
  std::string head_run;
  std::string policy_file;
  std::string markdown_file;
  std::string junit_file;
};
ExitCode gate(const GlobalOptions& global, const GateOptions& options);

/// Audits files of MLPerf Tiny results; no server.
struct MlperfCheckOptions {
  std::string folder;
};
ExitCode mlperf_check(const GlobalOptions& global, const MlperfCheckOptions& options);

/// Performs modes of MLPerf Tiny on a board at a port of this machine; no server.
struct MlperfRunOptions {
  std::string port;
  std::uint32_t baud = 115'200;
  std::string model;                                 // .tflite for our agent; empty: what the device has
  std::string model_id;                              // "kws01", of `model`
  std::string dataset;                               // folder; empty: made up
  std::vector<std::string> modes = {"performance"};  // and "accuracy"
  std::uint64_t iterations = 0;                      // 0: as many as ten seconds need
  bool open = false;                                 // division
  std::string output;
};
ExitCode mlperf_run(const GlobalOptions& global, const MlperfRunOptions& options);

/// What fills the daemon's disk, and what goes when.
ExitCode admin_storage(const GlobalOptions& global);
/// A copy of all it has stored, into a folder that is not there yet.
ExitCode admin_backup(const GlobalOptions& global, const std::string& folder);
/// Without the daemon.
ExitCode admin_verify(const GlobalOptions& global, const std::string& folder);
struct RestoreOptions {
  std::string folder;
  std::string state;
  bool replace = false;
};
ExitCode admin_restore(const GlobalOptions& global, const RestoreOptions& options);

/// A lab's CA and what it issues, in a folder; no server.
struct CertsOptions {
  std::string folder;
  std::string name;                // of the CA or client
  std::vector<std::string> hosts;  // of the server
  std::uint32_t days = 825;
  bool force = false;
};
ExitCode certs_init(const GlobalOptions& global, const CertsOptions& options);
ExitCode certs_server(const GlobalOptions& global, const CertsOptions& options);
ExitCode certs_client(const GlobalOptions& global, const CertsOptions& options);
ExitCode certs_show(const GlobalOptions& global, const std::string& file);

ExitCode version(const GlobalOptions& global);

}  // namespace tinyrig::client
