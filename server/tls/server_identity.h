// Who a server says it is under TLS: its certificate and key, and whose clients it takes. Read from files and checked
// as a whole, so that nothing half-written is ever used.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/tls/certificate_facts.h"
#include "server/tls/openssl.h"
#include "server/tls/server_files.h"

namespace tinyrig::tls {

/// Never changes. Thread-safe.
class ServerIdentity {
 public:
  /// INVALID_ARGUMENT, each with the file and what to do: TLS_FILE_UNREADABLE; TLS_CERTIFICATE_INVALID,
  /// TLS_CERTIFICATE_EXPIRED, TLS_CERTIFICATE_NOT_YET_VALID, TLS_CERTIFICATE_NOT_FOR_SERVERS; TLS_KEY_EXPOSED (others
  /// may read it), TLS_KEY_INVALID, TLS_KEY_MISMATCH; TLS_CLIENT_CA_INVALID; TLS_REFUSED (OpenSSL says why).
  static absl::StatusOr<std::shared_ptr<const ServerIdentity>> load(const ServerFiles& files, absl::Time now);

  const std::string& certificate_pem() const { return certificate_pem_; }
  const std::string& key_pem() const { return key_pem_; }
  /// Empty: clients need no certificate.
  const std::string& client_ca_pem() const { return client_ca_pem_; }
  const CertificateFacts& facts() const { return facts_; }
  /// Whether the certificate is for this name or address (without brackets).
  bool names(const std::string& host) const { return is_for(*certificate_, host); }

  /// Made of the same texts.
  bool same_as(const ServerIdentity& other) const;

  /// For servers of HTTP/1.1: TLS 1.2 or newer, forward secrecy, client certificates as said above. Of the caller:
  /// SSL_CTX_free().
  SSL_CTX* new_reference_to_context() const;

 private:
  ServerIdentity() = default;

  std::string certificate_pem_;
  std::string key_pem_;
  std::string client_ca_pem_;
  CertificateFacts facts_;
  CertificatePtr certificate_;
  ContextPtr context_;
};

}  // namespace tinyrig::tls
