#include "server/daemon/options.h"

#include <CLI/CLI.hpp>
#include <map>

#include "server/base/install_folder.h"

namespace tinyrig::daemon {
namespace {

constexpr std::uint64_t kMostSeconds = 100ULL * 366 * 24 * 3600;

void add_age(CLI::App& app, const std::string& name, std::uint64_t* seconds, const std::string& help) {
  const std::map<std::string, std::uint64_t> units = {{"h", 3600}, {"d", 24 * 3600}, {"w", 7 * 24 * 3600}};
  app.add_option(name, *seconds, help + " (12h, 90d, 26w; default: for ever)")
      ->transform(CLI::AsNumberWithUnit(units,
                                        CLI::AsNumberWithUnit::Options(CLI::AsNumberWithUnit::CASE_SENSITIVE |
                                                                       CLI::AsNumberWithUnit::UNIT_REQUIRED),
                                        "AGE")
                      .description(""))
      ->check(CLI::Range(std::uint64_t{3600}, kMostSeconds).description(""))
      ->type_name("AGE");
}

absl::Duration age_of(std::uint64_t seconds) {
  return seconds == 0 ? absl::InfiniteDuration() : absl::Seconds(static_cast<std::int64_t>(seconds));
}

}  // namespace

store::Retention Options::retention() const {
  store::Retention retention;
  retention.recordings_quota_bytes = recordings_quota_bytes;
  retention.keep_recordings = age_of(keep_recordings_s);
  retention.keep_samples = age_of(keep_samples_s);
  retention.keep_logs = age_of(keep_logs_s);
  retention.keep_unused_models = age_of(keep_unused_models_s);
  return retention;
}

access::AccessSettings Options::access() const {
  access::AccessSettings settings;
  settings.tokens_required = tokens;
  settings.calls_per_second = calls_per_second;
  settings.quotas.unfinished_jobs = quota_jobs;
  settings.quotas.upload_bytes_a_day = quota_upload_bytes;
  settings.quotas.board_time_a_day = absl::Seconds(static_cast<std::int64_t>(quota_board_time_s));
  return settings;
}

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
  CLI::Option* tokens =
      app.add_flag("--tokens", options->tokens, "Everybody must show a token; the first one is in DATA/admin_token");
  app.add_option("--oidc", options->oidc_file, "File of rules for the ID tokens of CI jobs: docs/oidc.md")
      ->needs(tokens)
      ->check(CLI::ExistingFile);
  app.add_option("--calls-per-second", options->calls_per_second,
                 "Most calls of a user, with bursts of twice as many (0: no limit)")
      ->needs(tokens)
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_option("--quota-jobs", options->quota_jobs, "Most unfinished jobs of a user (default: no limit)")
      ->needs(tokens);
  app.add_option("--quota-uploads", options->quota_upload_bytes,
                 "Most bytes of models that a user uploads a day, UTC (100MB; default: no limit)")
      ->needs(tokens)
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true).description(""))
      ->type_name("SIZE");
  app.add_option("--quota-board-time", options->quota_board_time_s,
                 "Most time of boards that a user's runs take a day, UTC (90m, 4h; default: no limit)")
      ->needs(tokens)
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, std::uint64_t>{{"m", 60}, {"h", 3600}},
                                        CLI::AsNumberWithUnit::Options(CLI::AsNumberWithUnit::CASE_SENSITIVE |
                                                                       CLI::AsNumberWithUnit::UNIT_REQUIRED),
                                        "TIME")
                      .description(""))
      ->type_name("TIME");
  CLI::Option* certificate = app.add_option(
      "--tls-cert", options->tls.certificate,
      "Serve gRPC and HTTP over TLS with this certificate (PEM); its files are read again when they change");
  CLI::Option* key =
      app.add_option("--tls-key", options->tls.key, "The certificate's key (PEM), which nobody else may read");
  certificate->needs(key);
  key->needs(certificate);
  app.add_option("--tls-client-ca", options->tls.client_ca,
                 "Take clients only that show a certificate of these CAs (PEM): mutual TLS")
      ->needs(certificate);
  app.add_flag("--allow-unprotected-network", options->unprotected_network_allowed,
               "Listen beyond this machine without TLS and tokens, too: whoever is in the network may use the boards");
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
  app.add_option("--recordings-quota", options->recordings_quota_bytes,
                 "Most bytes of instruments' recordings: the oldest go first (500MB, 20GB; 0: no limit; default 20GB)")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true).description(""))
      ->type_name("SIZE");
  app.add_option("--keep-free", options->keep_free_bytes,
                 "Take nothing new in while the disk has less free; recordings go at twice that (0: no limit; default "
                 "500MB)")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true).description(""))
      ->type_name("SIZE");
  add_age(app, "--keep-recordings", &options->keep_recordings_s, "How long instruments' recordings are kept");
  add_age(app, "--keep-samples", &options->keep_samples_s, "How long raw samples of finished jobs are kept");
  add_age(app, "--keep-logs", &options->keep_logs_s, "How long logs of finished jobs are kept");
  add_age(app, "--keep-unused-models", &options->keep_unused_models_s,
          "How long models that no run used are kept after their last upload");
  app.add_option("--log-level", options->log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--log-format", options->log_format, "text, or json: one object per line, for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.footer(
      "Exit codes: 0 ended by a signal, 1 could not start or failed, 2 wrong usage.\n"
      "Results are kept for ever, whatever the limits: docs/operations.md.\n"
      "Without --tokens whoever can reach the daemon may use it: docs/security.md.\n"
      "It listens on loopback; beyond it asks for tokens and TLS (tinyrig admin certs): docs/operations.md.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    *exit_code = app.exit(error) == 0 ? 0 : 2;
    return false;
  }
  return true;
}

}  // namespace tinyrig::daemon
