// The command line of tinyrigd.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "server/access/access_control.h"
#include "server/store/retention.h"
#include "server/tls/server_files.h"

namespace tinyrig::daemon {

struct Options {
  std::filesystem::path data_dir;
  std::vector<std::filesystem::path> farm_files;
  std::filesystem::path catalog_dir;
  // Empty: agents are never flashed.
  std::filesystem::path firmware_dir;
  std::filesystem::path web_dir;
  std::string grpc_listen = "127.0.0.1:50051";
  std::string http_listen = "127.0.0.1:8080";
  // Empty: none.
  std::filesystem::path ports_file;
  std::vector<std::string> allowed_hosts;
  // Everybody must show a token.
  bool tokens = false;
  // Issuers of CI jobs' ID tokens, and rules for them. Empty: none.
  std::filesystem::path oidc_file;
  // Of each user; 0: no limit.
  std::uint32_t calls_per_second = 100;
  std::uint32_t quota_jobs = 0;
  std::uint64_t quota_upload_bytes = 0;
  std::uint64_t quota_board_time_s = 0;
  // No certificate: no TLS.
  tls::ServerFiles tls;
  bool unprotected_network_allowed = false;
  // Board types whose recorded golden latencies are forgotten.
  std::vector<std::string> relearn;
  std::uint32_t threads = 2;
  std::uint32_t flashes_per_controller = 2;
  std::uint64_t recordings_quota_bytes = 20'000'000'000;  // 0: none
  std::uint64_t keep_free_bytes = 500'000'000;            // 0: none
  // 0: for ever.
  std::uint64_t keep_recordings_s = 0;
  std::uint64_t keep_samples_s = 0;
  std::uint64_t keep_logs_s = 0;
  std::uint64_t keep_unused_models_s = 0;
  std::string log_level = "info";
  // "text" or "json"
  std::string log_format = "text";

  store::Retention retention() const;
  access::AccessSettings access() const;
};

// Where an installed daemon has its catalog, agents and dashboard, it takes them unless told otherwise.
// True: go on with `options`. False: exit with `exit_code` (help and version: 0; bad usage: 2).
bool parse_options(int argc, char** argv, Options* options, int* exit_code);

}  // namespace tinyrig::daemon
