// What a client needs to be sure of its server, and to show who it is.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tinyrig::tls {

/// PEM files; empty: none.
struct ClientFiles {
  /// CAs that the server's certificate must be of; none: those that the system trusts.
  std::filesystem::path ca;
  /// For servers that take known clients alone; both or neither.
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// Their texts, checked.
struct ClientPem {
  std::string ca;
  std::string certificate;
  std::string key;
};

/// INVALID_ARGUMENT, each with the file and what to do: TLS_FILE_UNREADABLE, TLS_CA_INVALID, TLS_CERTIFICATE_INVALID,
/// TLS_CERTIFICATE_EXPIRED, TLS_CERTIFICATE_NOT_YET_VALID, TLS_CERTIFICATE_NOT_FOR_CLIENTS, TLS_KEY_EXPOSED,
/// TLS_KEY_INVALID, TLS_KEY_MISMATCH.
absl::StatusOr<ClientPem> load_client_files(const ClientFiles& files, absl::Time now);

}  // namespace tinyrig::tls
