// Files of certificates and keys, read and checked, with errors that say which file and what to do.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/tls/certificate_facts.h"
#include "server/tls/openssl.h"

namespace tinyrig::tls {

/// At most 1 MiB. INVALID_ARGUMENT (TLS_FILE_UNREADABLE).
absl::StatusOr<std::string> read_pem_file(const std::filesystem::path& file);

struct KeyedCertificate {
  std::string certificate_pem;
  std::string key_pem;
  CertificateFacts facts;             // of the first certificate
  std::vector<CertificatePtr> chain;  // that one, then those behind it
  KeyPtr key;
};

enum class PairFor { kServer, kClient };

/// INVALID_ARGUMENT: TLS_FILE_UNREADABLE; TLS_CERTIFICATE_INVALID, TLS_CERTIFICATE_EXPIRED,
/// TLS_CERTIFICATE_NOT_YET_VALID, TLS_CERTIFICATE_NOT_FOR_SERVERS or _CLIENTS; TLS_KEY_EXPOSED, TLS_KEY_INVALID,
/// TLS_KEY_MISMATCH.
absl::StatusOr<KeyedCertificate> read_pair(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                           PairFor use, absl::Time now);

/// One certificate at least, each of a CA and not expired. INVALID_ARGUMENT (`reason`) names `file`, whose text it is.
absl::StatusOr<std::vector<CertificatePtr>> read_authorities(const std::string& pem, const std::filesystem::path& file,
                                                             const std::string& reason, absl::Time now);

}  // namespace tinyrig::tls
