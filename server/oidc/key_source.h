// Where the keys of an issuer come from: a file, or the issuer itself.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/oidc/https_get.h"
#include "server/oidc/key_set.h"

namespace tinyrig::oidc {

class KeySource {
 public:
  virtual ~KeySource() = default;
  /// All keys, anew; one call at a time. NOT_FOUND, UNAVAILABLE or INVALID_ARGUMENT say where and what is wrong.
  virtual boost::asio::awaitable<absl::StatusOr<KeySet>> load() = 0;
};

/// NOT_FOUND, INVALID_ARGUMENT (KEYS_INVALID) with the file. Thread-safe.
absl::StatusOr<KeySet> load_key_file(const std::filesystem::path& file);

std::unique_ptr<KeySource> keys_in_file(std::filesystem::path file);

/// By its discovery document (OpenID Connect Discovery 1.0), which must be of this issuer and name keys of the same
/// host and port. `issuer_url` is one that parse_https_url() takes.
std::unique_ptr<KeySource> keys_of_issuer(std::string issuer_url, std::filesystem::path ca_file, HttpsLimits limits);

}  // namespace tinyrig::oidc
