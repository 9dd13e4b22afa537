// What a certificate says, as values.
//
// Thread-safe: pure functions.
#pragma once

#include <openssl/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tinyrig::tls {

struct CertificateFacts {
  std::string subject;  // "CN = farm.lab, O = TinyRig"
  std::string issuer;
  std::vector<std::string> names;  // DNS names and IP addresses that it is for
  absl::Time not_before;
  absl::Time not_after;
  bool is_ca = false;
  bool for_servers = false;
  bool for_clients = false;
  std::string sha256;  // of the whole certificate, 64 hex digits
};

CertificateFacts facts_of(X509& certificate);

/// Of the first certificate of a PEM text. INVALID_ARGUMENT (TLS_CERTIFICATE_INVALID) names `file`.
absl::StatusOr<CertificateFacts> facts_of_pem(const std::string& pem, const std::string& file);

/// Whether it is for this DNS name or IP address (without brackets), wildcards included.
bool is_for(X509& certificate, const std::string& host);

}  // namespace tinyrig::tls
