// tinyrig: the command line of TinyRig. What it takes is here, what it does is in *_command.cpp.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <exception>
#include <limits>

#include "absl/time/clock.h"
#include "client/commands.h"
#include "client/energy_settings.h"
#include "client/version.h"
#include "server/base/error.h"
#include "server/tls/client_files.h"

namespace {

using tinyrig::client::BoardsOptions;
using tinyrig::client::CertsOptions;
using tinyrig::client::ConsoleOptions;
using tinyrig::client::EnergyExportOptions;
using tinyrig::client::ExitCode;
using tinyrig::client::ExportOptions;
using tinyrig::client::FarmDoctorOptions;
using tinyrig::client::FarmScanOptions;
using tinyrig::client::FlashOptions;
using tinyrig::client::GateOptions;
using tinyrig::client::GlobalOptions;
using tinyrig::client::HoldOptions;
using tinyrig::client::InspectOptions;
using tinyrig::client::LeaderboardOptions;
using tinyrig::client::MlperfCheckOptions;
using tinyrig::client::ModelsAddOptions;
using tinyrig::client::RestoreOptions;
using tinyrig::client::SubmitOptions;

constexpr char kExitCodes[] =
    "Exit codes: 0 done; 1 the job or run did not succeed, the model does not fit, a check found a problem; 2 the\n"
    "command line makes no sense or a local file cannot be read; 3 the server refused (not found, invalid, taken);\n"
    "4 the server cannot be reached or failed; 130 detached by Ctrl-C (the job goes on).";

// Everything that can stand on the command line.
struct Arguments {
  GlobalOptions global;
  BoardsOptions boards;
  bool once = false;
  FarmScanOptions farm_scan;
  FarmDoctorOptions farm_doctor;
  HoldOptions hold;
  ConsoleOptions console;
  FlashOptions flash;
  ModelsAddOptions models_add;
  std::string model;
  SubmitOptions submit;
  std::uint32_t limit = 0;
  std::string job_id;
  bool cancel_on_interrupt = false;
  std::string run_id;
  InspectOptions inspect;
  ExportOptions exported;
  EnergyExportOptions energy_export;
  LeaderboardOptions leaderboard;
  GateOptions gate;
  MlperfCheckOptions mlperf_check;
  tinyrig::client::MlperfRunOptions mlperf_run;
  std::string backup;
  RestoreOptions restore;
  tinyrig::client::LoginOptions login;
  tinyrig::client::TokenOptions token;
  tinyrig::client::AuditOptions audit;
  CertsOptions certs;
  // Of the way to the server.
  tinyrig::tls::ClientFiles tls;
};

using Action = std::function<ExitCode()>;

CLI::App* command(CLI::App& parent, const std::string& name, const std::string& help, Action& chosen, Action action) {
  CLI::App* app = parent.add_subcommand(name, help);
  app->fallthrough();  // --server and --json may stand behind the command
  app->callback([&chosen, action = std::move(action)] { chosen = action; });
  return app;
}

CLI::App* group(CLI::App& parent, const std::string& name, const std::string& help) {
  CLI::App* app = parent.add_subcommand(name, help);
  app->fallthrough();
  app->require_subcommand(1);
  return app;
}

void add_boards_command(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CLI::App* boards = command(app, "boards", "List the farm's boards", chosen,
                             [&] { return client::boards(args.global, args.boards); });
  boards->add_option("SELECTOR", args.boards.selector, "A board's name, a board type, label:NAME, or all");
  boards->add_flag("--types", args.boards.types, "List the catalog of board types instead");
  CLI::App* top = command(app, "top", "The farm at a glance, live: boards, queue, last runs. Ends with q or Ctrl-C",
                          chosen, [&] { return client::top(args.global, args.once); });
  top->add_flag("--once", args.once, "One picture (also when stdout is no terminal); --json gives it to programs");
  command(app, "version", "Versions of client and server", chosen, [&] { return client::version(args.global); });
}

void add_farm_commands(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CLI::App* farm =
      group(app, "farm", "The boards of this machine: what is plugged in, and what is in the way. No server");
  FarmScanOptions& scanned = args.farm_scan;
  CLI::App* scan = command(*farm, "scan", "Find boards by USB identity and by the answer of their agent", chosen,
                           [&] { return client::farm_scan(args.global, args.farm_scan); });
  scan->add_option("--port", scanned.ports,
                   "A port that the system does not list (of an emulated board), or that is asked only when named; "
                   "repeatable")
      ->allow_extra_args(false);
  scan->add_flag("--no-hello", scanned.no_hello, "Open no port: asking resets some boards (Arduino Uno)");
  scan->add_option("--wait-ms", scanned.wait_ms, "How long a port has for its answer")
      ->capture_default_str()
      ->check(CLI::Range(1, 60'000));
  CLI::Option* write = scan->add_option("--write", scanned.write_file, "Write a farm file for tinyrigd --farm");
  scan->add_flag("--force", scanned.force, "Replace the file if it is there")->needs(write);
  scan->footer("Exit codes: 0 done; 1 a port of --port did not answer; 2 a file cannot be read or written.");
  FarmDoctorOptions& examined = args.farm_doctor;
  CLI::App* doctor =
      command(*farm, "doctor", "Check permissions, udev, tools, clock, disk and limits, and say what to do", chosen,
              [&] { return client::farm_doctor(args.global, args.farm_doctor); });
  doctor->add_option("--farm", examined.farm_file, "The farm file: checks what its boards need, too");
  doctor->add_option("--data", examined.data_folder, "Where tinyrigd's data lies")->capture_default_str();
  doctor->footer("Exit codes: 0 all is well, or warnings only; 1 a problem was found; 2 the catalog cannot be read.");
  scan->add_option("--catalog", scanned.catalog, "Folder of board types (default: those of this version)");
  doctor->add_option("--catalog", examined.catalog, "Folder of board types (default: those of this version)");
}

void add_board_commands(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  HoldOptions& options = args.hold;
  CLI::App* board =
      group(app, "board", "One board: what it is, its log, keeping it out of the queue, and using it by hand");
  const auto add = [&](const char* name, const char* help, Action action) {
    CLI::App* sub = command(*board, name, help, chosen, std::move(action));
    sub->add_option("BOARD", options.board, "The board's name")->required();
    return sub;
  };
  const auto add_who = [&](CLI::App* sub) {
    sub->add_option("--owner", options.owner, "Who does it, for the others (default: you at this machine)");
    return sub;
  };
  const auto add_why = [&](CLI::App* sub) {
    sub->add_option("--reason", options.reason, "Why, for the others");
    sub->add_flag("--no-wait", options.no_wait, "Do not wait until what it runs has ended");
    return add_who(sub);
  };
  const auto add_access = [&](const char* name, const char* help, auto& access, Action action) {
    CLI::App* sub = command(*board, name, help, chosen, std::move(action));
    sub->add_option("BOARD", access.board, "The board's name")->required();
    sub->add_option("--token", access.token, "Of your reservation (default: reserve it for this command alone)");
    sub->add_option("--owner", access.owner, "Who does it, for the others (default: you at this machine)");
    return sub;
  };
  add("show", "All about one board", [&] { return client::board_show(args.global, options.board); });
  add("log", "What happened to it: health, recovery, reservations", [&] {
    return client::board_log(args.global, options.board, args.limit);
  })->add_option("--limit", args.limit, "The newest so many lines (default 200, at most 10000)");
  CLI::App* reserve =
      add_why(add("reserve", "Take it for yourself for a while; prints the token that ends or renews it",
                  [&] { return client::board_reserve(args.global, options); }));
  reserve->add_option("--for", options.duration, "How long: 90m, 2h, 3d")->required();
  reserve->add_option("--token", options.token, "Renew the reservation that printed it");
  add_why(add("drain", "Take it out for maintenance, until it is released",
              [&] { return client::board_drain(args.global, options); }));
  add_why(add("quarantine", "Take it out because its numbers are not to be trusted", [&] {
    return client::board_quarantine(args.global, options);
  }))->add_option("--for", options.duration, "How long: 90m, 2h, 3d (default: until it is released)");
  CLI::App* release = add_who(add("release", "Give it back; it is checked before its next run",
                                  [&] { return client::board_release(args.global, options); }));
  release->add_option("--token", options.token, "Of the reservation");
  release->add_flag("--force", options.force, "End another one's reservation");

  ConsoleOptions& console = args.console;
  CLI::App* open =
      add_access("console", "Its serial line on this terminal, byte for byte. Reserves the board meanwhile", console,
                 [&] { return client::board_console(args.global, args.console); });
  open->add_option("--baud", console.baud_rate, "Bits per second (default: the speed of its agent)");
  open->add_option("--for", console.duration, "How long at most: 90m, 2h (default 1h)")->excludes("--token");
  open->add_option(
      "--quiet-ms", console.quiet_ms,
      "When the input has an end (a pipe): leave when the board has said nothing for so long (default 1000)");
  FlashOptions& flash = args.flash;
  add_access("flash", "Write its agent, or firmware of your own, and read it back. Reserves the board meanwhile", flash,
             [&] { return client::board_flash(args.global, args.flash); })
      ->add_option("ELF", flash.file, "Firmware (default: the agent that the daemon has for this board)");
}

void add_model_commands(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CLI::App* models = group(app, "models", "Add and look at models");
  CLI::App* add = command(*models, "add", "Upload a .tflite and register it; an interrupted upload is resumed", chosen,
                          [&] { return client::models_add(args.global, args.models_add); });
  add->add_option("FILE", args.models_add.file, "The .tflite file")->required();
  add->add_option("--name", args.models_add.name, "Name of the model (default: the file's name)");
  add->add_option("--expected", args.models_add.expected_file,
                  "Golden JSON with the expected output hashes, to verify boards against");
  command(*models, "list", "List the registered models", chosen, [&] { return client::models_list(args.global); });
  CLI::App* show = command(*models, "show", "A model's tensors and operators", chosen,
                           [&] { return client::models_show(args.global, args.model); });
  show->add_option("NAME", args.model, "Name, or at least 8 digits of the digest")->required();
}

void add_inspect_command(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CLI::App* inspect = command(app, "inspect",
                              "What a model will take on a board type: operators, kernels, arena, flash, RAM, and what "
                              "does not fit. Needs no board, and of a .tflite file no server either",
                              chosen, [&] { return client::inspect_model(args.global, args.inspect); });
  inspect->add_option("MODEL", args.inspect.model, "A .tflite file, or the name of a registered model")->required();
  inspect
      ->add_option("--for", args.inspect.board_types,
                   "A board type: all about it; several, or none (every type): a table of what fits where; repeatable")
      ->delimiter(',')
      ->allow_extra_args(false);
  inspect->add_option("--catalog", args.inspect.catalog, "Folder of board types (default: those of this version)");
}

void add_submit_command(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  SubmitOptions& options = args.submit;
  CLI::App* submit = command(app, "submit", "Benchmark models on boards", chosen,
                             [&] { return client::submit(args.global, args.submit); });
  submit->add_option("MODEL", options.models, "Registered names, or .tflite files (uploaded first)")->required();
  submit
      ->add_option("--board,-b", options.boards,
                   "A board's name (that unit), a board type (any unit of it), label:NAME or all; repeatable")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->required();
  submit
      ->add_option("--runtime", options.runtimes,
                   "A runtime of the boards' agents, or all of them: \"all\" (default: tinyrig); repeatable")
      ->delimiter(',')
      ->allow_extra_args(false);
  submit
      ->add_option("--measure", options.measurements,
                   "latency,profile,memory (the default is all three), energy (on a board with an instrument)")
      ->delimiter(',')
      ->allow_extra_args(false);
  // 0 is the API's word for a default, and no value.
  const CLI::Range positive(std::uint32_t{1}, std::numeric_limits<std::uint32_t>::max(), "1 or more");
  submit->add_option("--sessions", options.sessions, "Resets and loads; the interval covers them (default 3)")
      ->check(positive);
  submit->add_option("--iterations", options.iterations, "Samples per session (default 10)")->check(positive);
  submit->add_option("--warmup", options.warmup, "Inferences before the first sample (default 1)")->check(positive);
  submit->add_option("--seed", options.seed, "Seed of the generated input (default 1)")->check(positive);
  submit->add_option("--energy-windows", options.energy_windows, "Windows in which energy is measured (default 5)")
      ->check(CLI::Range(client::kLeastEnergyWindows, client::kMostEnergyWindows));
  submit
      ->add_option("--energy-window-ms", options.energy_window_ms,
                   "Least length of each window (default 200); all of them together take at most 120 s")
      ->check(CLI::Range(client::kShortestEnergyWindowMs, client::kLongestEnergyWindowMs));
  submit->add_flag("--skip-unfit", options.skip_unfit,
                   "Leave out boards that cannot hold a model or lack a runtime (default: fail)");
  submit->add_flag("--wait,-w", options.wait, "Show progress until the job has finished, then its results");
  submit->add_flag("--cancel-on-interrupt", options.cancel_on_interrupt,
                   "With --wait: Ctrl-C cancels the job (default: it goes on)");
  submit->add_option("--key", options.key, "Idempotency key: the same key and job again gives the same job");
  submit->add_option("--owner", options.owner,
                     "Whose job it is: owners take turns on the boards (default: your user name)");
  submit
      ->add_option("--priority", options.priority,
                   "Among the owner's own jobs: low, normal or high, each served eight times as often as the one below")
      ->check(CLI::IsMember({"low", "normal", "high"}));
  submit->add_option("--start-within", options.start_within,
                     "30m, 2h, 1d: runs that no board has begun by then end as timed out (default: they wait)");
  submit->add_option("--annotate", options.annotations, "KEY=VALUE, kept with the job; repeatable")
      ->allow_extra_args(false);
}

void add_job_commands(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CLI::App* jobs = command(app, "jobs", "List jobs, newest first", chosen,
                           [&] { return client::jobs_list(args.global, args.limit); });
  jobs->add_option("--limit", args.limit, "How many (default 50, at most 500)");

  CLI::App* job = group(app, "job", "Look at one job, or stop it");
  CLI::App* show = command(*job, "show", "A job and its results", chosen,
                           [&] { return client::job_show(args.global, args.job_id); });
  CLI::App* wait = command(*job, "wait", "Show progress until the job has finished, then its results", chosen,
                           [&] { return client::job_wait(args.global, args.job_id, args.cancel_on_interrupt); });
  wait->add_flag("--cancel-on-interrupt", args.cancel_on_interrupt, "Ctrl-C cancels the job");
  CLI::App* cancel =
      command(*job, "cancel", "Cancel a job", chosen, [&] { return client::job_cancel(args.global, args.job_id); });
  CLI::App* logs =
      command(*job, "logs", "A job's log", chosen, [&] { return client::job_logs(args.global, args.job_id); });
  for (CLI::App* one : {show, wait, cancel, logs}) one->add_option("JOB", args.job_id, "Id of the job")->required();
}

void add_result_commands(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CLI::App* run = group(app, "run", "Look at one run");
  CLI::App* show = command(*run, "show", "Settings, samples' summary, profile, memory, validity, provenance", chosen,
                           [&] { return client::run_show(args.global, args.run_id); });
  show->add_option("RUN", args.run_id, "Id of the run")->required();

  LeaderboardOptions& options = args.leaderboard;
  CLI::App* leaderboard = command(app, "leaderboard", "The best valid results, ranked among like with like", chosen,
                                  [&] { return client::leaderboard(args.global, args.leaderboard); });
  leaderboard->add_option("--model", options.model, "Only this model");
  leaderboard->add_option("--board-type", options.board_type, "Only this board type");
  leaderboard->add_option("--runtime", options.runtime, "Only this runtime");
  leaderboard->add_option("--limit", options.limit, "How many rows (default 100, at most 1000)");

  CLI::App* exported = command(app, "export", "One run as JSON, with every raw sample, or its profile", chosen,
                               [&] { return client::export_run(args.global, args.exported); });
  exported->add_option("RUN", args.exported.run_id, "Id of the run")->required();
  exported
      ->add_option("--format", args.exported.format,
                   "json: all of the run; trace: the profile for Perfetto (Chrome's trace events); csv: the profile, a "
                   "row per operator")
      ->check(CLI::IsMember({"json", "trace", "csv"}))
      ->default_str("json");
  exported->add_option("--output,-o", args.exported.output_file, "File to write (default: stdout)");
}

void add_energy_commands(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CLI::App* energy = group(app, "energy", "The energy of a run: its windows, and what the instrument recorded");
  CLI::App* show = command(*energy, "show", "Energy per inference, power, every window, and how it came to be known",
                           chosen, [&] { return client::energy_show(args.global, args.run_id); });
  show->add_option("RUN", args.run_id, "Id of the run")->required();
  CLI::App* exported =
      command(*energy, "export", "The recording as the instrument sent it, word for word; what it is, in FILE.json",
              chosen, [&] { return client::energy_export(args.global, args.energy_export); });
  exported->add_option("RUN", args.energy_export.run_id, "Id of the run")->required();
  exported
      ->add_option("--output,-o", args.energy_export.output_file,
                   "File to write; it and FILE.json are written whole or not at all")
      ->required();
}

constexpr char kGateExitCodes[] =
    "Exit codes: 0 pass or improvement; 1 regression; 2 the command line or the policy makes no sense; 3 "
    "inconclusive,\n"
    "or there is no baseline; 4 invalid: no board, a run that failed, runs that are not comparable, no server;\n"
    "130 Ctrl-C (the jobs are cancelled).\n\n"
    "Examples:\n"
    "  tinyrig gate --base main/kws.tflite --head kws.tflite --board mps2-an386,mps3-an547 --markdown gate.md\n"
    "  tinyrig gate --base-run r-1ank5jgf8ek8s --head-run r-1ank5jgf8ek8t --policy gate.toml";

void add_gate_command(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  GateOptions& options = args.gate;
  CLI::App* gate = command(app, "gate",
                           "Whether a change made a model slower or larger. Measures base and head in one job per "
                           "board, or compares two finished runs; says pass, regression or inconclusive, never a guess",
                           chosen, [&] { return client::gate(args.global, args.gate); });
  CLI::Option* base =
      gate->add_option("--base", options.base, "The model before the change: a .tflite file, or a registered name");
  CLI::Option* head =
      gate->add_option("--head", options.head, "The model after the change: a .tflite file, or a registered name");
  gate->add_option("--board,-b", options.boards,
                   "A board's name, a board type (one unit of it), label:NAME or all; repeatable")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs(head);
  gate->add_option("--runtime", options.runtime, "A runtime of the boards' agents (default: tinyrig)")->needs(head);
  CLI::Option* base_run = gate->add_option("--base-run", options.base_run, "A finished run instead of --base");
  CLI::Option* head_run = gate->add_option("--head-run", options.head_run, "A finished run instead of --head");
  base->needs(head)->excludes(base_run)->excludes(head_run);
  head->needs(base);
  base_run->needs(head_run);
  head_run->needs(base_run);
  gate->add_option(
      "--policy", options.policy_file,
      "What a change may cost, in TOML (default: 0.2 % of latency, 256 bytes of stack, nothing else); docs/gate.md");
  gate->add_option("--markdown", options.markdown_file, "File to write the report to, for a comment or job summary");
  gate->add_option("--junit", options.junit_file, "File to write the report to as JUnit XML");
  gate->footer(kGateExitCodes);
}

void add_mlperf_commands(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CLI::App* mlperf = group(app, "mlperf", "MLPerf Tiny: perform it, and check results, ours or published. No server");
  CLI::App* check = command(*mlperf, "check",
                            "Recompute what the runs below a folder claim from their logs and traces, and hold them "
                            "against the rules",
                            chosen, [&] { return client::mlperf_check(args.global, args.mlperf_check); });
  check->add_option("DIR", args.mlperf_check.folder, "A submission, or any folder in one")->required();
  check->footer("Exit codes: 0 no error was found; 1 one was; 2 the folder cannot be read, or has no run.");

  tinyrig::client::MlperfRunOptions& options = args.mlperf_run;
  CLI::App* performed =
      command(*mlperf, "run",
              "Perform modes of MLPerf Tiny on a board at a port of this machine, with our agent or any "
              "firmware that speaks its text protocol, and write the files of a submission",
              chosen, [&] { return client::mlperf_run(args.global, args.mlperf_run); });
  performed->add_option("--port", options.port, "Serial port of the board")->required();
  performed->add_option("--baud", options.baud, "Its speed")->capture_default_str()->check(CLI::PositiveNumber);
  CLI::Option* model = performed->add_option("--model", options.model, "A .tflite for a board with TinyRig's agent");
  performed->add_option("--id", options.model_id, "Which benchmark it is of: kws01, vww01, ic01, ic02 or ad01")
      ->check(CLI::IsMember({"kws01", "vww01", "ic01", "ic02", "ad01"}))
      ->needs(model);
  model->needs("--id");
  performed->add_option("--dataset", options.dataset,
                        "Folder with y_labels.csv and its files; without: made-up inputs");
  performed->add_option("--mode", options.modes, "performance, accuracy, or both (the default is performance)")
      ->delimiter(',')
      ->check(CLI::IsMember({"performance", "accuracy"}));
  performed
      ->add_option("--iterations", options.iterations, "Inferences of a window; without: as many as ten seconds need")
      ->check(CLI::PositiveNumber);
  performed->add_flag("--open", options.open, "Open division: without a target of quality");
  performed->add_option("--output,-o", options.output, "Folder of the system's results; gets BENCHMARK/MODE/ in it")
      ->required();
  performed->footer(
      "Exit codes: 0 all runs are valid; 1 one breaks a rule, which is named; 2 a file cannot be read or written, or "
      "there\n"
      "is no such port; 4 the board does not answer or failed; 130 ended by Ctrl-C.");
}

void add_login_commands(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  command(app, "login", "Keep a token for the server, where its daemon asks for one; typed, or from a pipe", chosen,
          [&] { return client::login(args.global, args.login); })
      ->add_option("--token-file", args.login.token_file, "Read it from this file");
  command(app, "logout", "Forget the server's token", chosen, [&] { return client::logout(args.global); });
  command(app, "whoami", "Whom the daemon takes you for, and what is left of your quotas", chosen,
          [&] { return client::whoami(args.global); });
}

void add_token_commands(CLI::App& admin, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CLI::App* token = group(admin, "token", "Who may use the daemon, and as what");
  CLI::App* create = command(*token, "create", "Make a token for a user; it is printed this once", chosen,
                             [&] { return client::token_create(args.global, args.token); });
  create->add_option("USER", args.token.user, "Owns the jobs that come with it, and has the quotas")->required();
  create->add_option("--role", args.token.role, "viewer, submitter, operator or admin: each may what those before may")
      ->required()
      ->check(CLI::IsMember({"viewer", "submitter", "operator", "admin"}));
  create->add_option("--name", args.token.name, "What it is for, when the user has several: laptop, ci");
  create->add_option("--expires", args.token.expires, "For how long it is good: 12h, 90d (default: until revoked)");
  command(*token, "list", "All tokens, and when they were used last", chosen,
          [&] { return client::token_list(args.global); });
  command(*token, "revoke", "Refuse it from now on, and end what it has open", chosen,
          [&] { return client::token_revoke(args.global, args.token); })
      ->add_option("ID", args.token.id, "As token list shows it: t-...")
      ->required();
  CLI::App* audit = command(admin, "audit", "Who did what to which board, job, model or token", chosen,
                            [&] { return client::admin_audit(args.global, args.audit); });
  audit->add_option("SUBJECT", args.audit.subject, "Only of this board, job, model or token");
  audit->add_option("--limit", args.audit.limit, "The newest so many lines (default 100, at most 10000)");
}

void add_admin_commands(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CLI::App* admin =
      group(app, "admin", "The daemon's disk, backups of what is on it, tokens, who did what; certificates for TLS");
  add_token_commands(*admin, args, chosen);
  command(*admin, "storage", "What fills the disk, kind by kind, how long it is kept, and what goes next", chosen,
          [&] { return client::admin_storage(args.global); });
  CLI::App* backup = command(*admin, "backup", "Copy everything that the daemon has stored, while it works", chosen,
                             [&] { return client::admin_backup(args.global, args.backup); });
  CLI::App* verify =
      command(*admin, "verify", "Whether a backup is whole and sound: bytes, database, models. No server", chosen,
              [&] { return client::admin_verify(args.global, args.backup); });
  CLI::App* restore =
      command(*admin, "restore", "Make a backup the data of a daemon that does not run. No server", chosen, [&] {
        args.restore.folder = args.backup;
        return client::admin_restore(args.global, args.restore);
      });
  backup->add_option("DIR", args.backup, "Folder to make; it is there whole or not at all")->required();
  verify->add_option("DIR", args.backup, "Folder that backup made")->required();
  restore->add_option("DIR", args.backup, "Folder that backup made")->required();
  restore->add_option("--state", args.restore.state, "The daemon's --data folder")->required();
  restore->add_flag("--replace", args.restore.replace,
                    "Take the place of a database that is there; it is kept under another name");
}

void add_tls_options(CLI::App& app, tinyrig::tls::ClientFiles& files) {
  app.add_option("--tls-ca", files.ca, "TLS, with a server of this CA (PEM; env TINYRIG_TLS_CA)")
      ->envname("TINYRIG_TLS_CA");
  CLI::Option* certificate =
      app.add_option("--tls-cert", files.certificate, "Show the server this certificate (PEM; env TINYRIG_TLS_CERT)")
          ->envname("TINYRIG_TLS_CERT");
  CLI::Option* key =
      app.add_option("--tls-key", files.key, "Its key (PEM; env TINYRIG_TLS_KEY)")->envname("TINYRIG_TLS_KEY");
  certificate->needs(key);
  key->needs(certificate);
}

constexpr char kCertsExample[] =
    "Examples:\n"
    "  tinyrig admin certs init /etc/tinyrig/tls --name \"our lab\"\n"
    "  tinyrig admin certs server /etc/tinyrig/tls farm.lab 192.168.1.20\n"
    "  tinyrig admin certs client /etc/tinyrig/tls ci";

void add_certs_commands(CLI::App& app, Arguments& args, Action& chosen) {
  namespace client = tinyrig::client;
  CertsOptions& options = args.certs;
  CLI::App* certs =
      group(*app.get_subcommand("admin"), "certs", "Certificates for TLS in a lab, from a CA of its own. No server");
  certs->footer(kCertsExample);
  const auto add = [&](const char* name, const char* help, Action action) {
    return command(*certs, name, help, chosen, std::move(action));
  };
  CLI::App* init = add("init", "Make the CA: DIR/ca.crt, which clients need, and DIR/ca.key, which stays here",
                       [&] { return client::certs_init(args.global, options); });
  CLI::App* server = add("server", "A certificate for a daemon: DIR/HOST.crt and DIR/HOST.key",
                         [&] { return client::certs_server(args.global, options); });
  CLI::App* user = add("client", "A certificate for a client: DIR/client-NAME.crt and DIR/client-NAME.key",
                       [&] { return client::certs_client(args.global, options); });
  for (CLI::App* one : {init, server, user}) {
    one->add_option("DIR", options.folder, "Folder of the CA")->required();
    one->add_flag("--force", options.force, "Replace what is there");
  }
  init->add_option("--name", options.name, "What the CA is called")->default_val("TinyRig lab CA");
  server->add_option("HOST", options.hosts, "What clients call its machine: DNS names, IP addresses")->required();
  user->add_option("NAME", options.name, "What it is called: letters, digits, and . _ - @")
      ->required()
      ->check([](const std::string& name) {
        const bool plain = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
          return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' || c == '@';
        });
        return plain ? std::string() : "\"" + name + "\" has other characters than letters, digits, and . _ - @";
      });
  for (CLI::App* one : {server, user}) {
    one->add_option("--days", options.days, "How long it is valid")->capture_default_str()->check(CLI::Range(1, 825));
  }
  CLI::App* show = add("show", "What a certificate says: whose, for which names, until when",
                       [&] { return client::certs_show(args.global, args.backup); });
  show->add_option("FILE", args.backup, "PEM")->required();
}

int run(int argc, char** argv) {
  CLI::App app("TinyRig: benchmarks of machine learning on real microcontrollers", "tinyrig");
  Arguments args;
  Action chosen;
  app.set_version_flag("--client-version", tinyrig::client::kClientVersion);
  app.add_option("--server", args.global.server.address,
                 "Address of tinyrigd: HOST:PORT, or https://HOST:PORT for TLS (env TINYRIG_SERVER)")
      ->envname("TINYRIG_SERVER")
      ->capture_default_str();
  add_tls_options(app, args.tls);
  app.add_flag("--json", args.global.json, "Print the API's messages as JSON instead of text");
  app.require_subcommand(1);
  app.footer(kExitCodes);
  add_boards_command(app, args, chosen);
  add_farm_commands(app, args, chosen);
  add_board_commands(app, args, chosen);
  add_model_commands(app, args, chosen);
  add_inspect_command(app, args, chosen);
  add_submit_command(app, args, chosen);
  add_job_commands(app, args, chosen);
  add_result_commands(app, args, chosen);
  add_energy_commands(app, args, chosen);
  add_gate_command(app, args, chosen);
  add_mlperf_commands(app, args, chosen);
  add_admin_commands(app, args, chosen);
  add_login_commands(app, args, chosen);
  add_certs_commands(app, args, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int shown = app.exit(error);  // prints help, version or the mistake
    return shown == 0 ? tinyrig::client::kOk : tinyrig::client::kUsage;
  }
  // Not for those that may be about to make these files.
  if (!app.get_subcommand("admin")->get_subcommand("certs")->parsed()) {
    absl::StatusOr<tinyrig::tls::ClientPem> tls = tinyrig::tls::load_client_files(args.tls, absl::Now());
    if (!tls.ok()) {
      return tinyrig::client::report({tinyrig::client::kUsage, tinyrig::reason_of(tls.status()),
                                      std::string(tls.status().message()), tinyrig::hint_of(tls.status())});
    }
    args.global.server.tls = *std::move(tls);
  }
  return chosen();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tinyrig: %s\n", error.what());
    return tinyrig::client::kUnavailable;
  }
}
