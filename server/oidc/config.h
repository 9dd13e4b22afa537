// The file of `tinyrigd --oidc`: whose ID tokens are taken, and the rules. docs/oidc.md describes it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/oidc/rules.h"

namespace tinyrig::oidc {

struct Issuer {
  std::string name;                 // how rules and messages call it
  std::string url;                  // what its tokens have as `iss`
  std::string audience;             // what they must have in `aud`
  std::filesystem::path keys_file;  // a JWK set; empty: fetched from the issuer
  std::filesystem::path ca_file;    // PEM, who signs the issuer's certificate; empty: the system's
};

struct Config {
  std::string file;  // for messages
  std::vector<Issuer> issuers;
  std::vector<Rule> rules;
};

/// `file` is for messages; relative paths in it are relative to its folder. INVALID_ARGUMENT (OIDC_CONFIG_INVALID)
/// names file, line and key.
absl::StatusOr<Config> parse_config(const std::string& text, const std::filesystem::path& file);

/// The same of a file. NOT_FOUND (OIDC_CONFIG_INVALID): it cannot be read.
absl::StatusOr<Config> load_config(const std::filesystem::path& file);

}  // namespace tinyrig::oidc
