// A certificate authority for a lab, and the certificates that it issues: EC keys (P-256), SHA-256, OpenSSL alone.
//
// Thread-safe: functions on values.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tinyrig::tls {

inline constexpr absl::Duration kCaLifetime = absl::Hours(24 * 3650);
/// More is refused by some clients.
inline constexpr absl::Duration kLongestLifetime = absl::Hours(24 * 825);

/// A certificate and its key, in PEM, without a passphrase.
struct CertificateAndKey {
  std::string certificate_pem;
  std::string key_pem;
};

/// A CA of this common name, for kCaLifetime from `now` on; it signs no other CA.
/// INVALID_ARGUMENT (TLS_NAME_INVALID): not 1 to 64 printable characters. INTERNAL (TLS_NOT_MADE): OpenSSL says why.
absl::StatusOr<CertificateAndKey> make_ca(const std::string& name, absl::Time now);

/// For a server under these DNS names ("*.lab" too) and IP addresses, one at least, until `lifetime` has passed or the
/// CA ends. INVALID_ARGUMENT: TLS_HOST_INVALID names the first that is neither; TLS_CA_INVALID: `ca` is no CA and its
/// key; TLS_CERTIFICATE_EXPIRED: it has ended. INTERNAL (TLS_NOT_MADE).
absl::StatusOr<CertificateAndKey> issue_server(const CertificateAndKey& ca, const std::vector<std::string>& hosts,
                                               absl::Duration lifetime, absl::Time now);

/// For a client of this common name. Errors: as make_ca() and issue_server().
absl::StatusOr<CertificateAndKey> issue_client(const CertificateAndKey& ca, const std::string& name,
                                               absl::Duration lifetime, absl::Time now);

}  // namespace tinyrig::tls
