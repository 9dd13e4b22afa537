// One GET over HTTPS, bounded in time and size, for the keys of issuers. No redirects, no proxies, no compression.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tinyrig::oidc {

/// A value. Of https alone, without user, query and fragment.
struct HttpsUrl {
  std::string host;  // a name or an IPv4 address, in lower case
  std::string port;
  std::string path;  // "" or from "/" on

  bool same_origin(const HttpsUrl& other) const { return host == other.host && port == other.port; }
  /// Without the port that goes without saying.
  std::string text() const;
};

/// INVALID_ARGUMENT (URL_INVALID). Thread-safe.
absl::StatusOr<HttpsUrl> parse_https_url(const std::string& text);

struct HttpsLimits {
  std::size_t body_bytes = 256 * 1024;
  // For all of it, from the connection on; before that, the system's resolver has limits of its own.
  std::chrono::milliseconds time{15'000};
};

/// The body of an answer 200. The certificate must be valid for the host, and signed by one that `ca_file` (PEM) has;
/// empty: by one that this system trusts. UNAVAILABLE (HTTPS_FAILED) names the URL and what is wrong.
/// INVALID_ARGUMENT (CA_FILE_INVALID).
boost::asio::awaitable<absl::StatusOr<std::string>> https_get(HttpsUrl url, std::filesystem::path ca_file,
                                                              HttpsLimits limits);

/// INVALID_ARGUMENT (CA_FILE_INVALID): it cannot be read, or has no certificate. Empty: the system's, which is well.
absl::Status check_ca_file(const std::filesystem::path& ca_file);

}  // namespace tinyrig::oidc
