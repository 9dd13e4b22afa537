// Where a server's certificate and key lie.
#pragma once

#include <filesystem>

namespace tinyrig::tls {

/// PEM files.
struct ServerFiles {
  /// The server's certificate, then those that lead to its CA, if any.
  std::filesystem::path certificate;
  std::filesystem::path key;
  /// CAs whose certificates clients must show; empty: clients need none.
  std::filesystem::path client_ca;
};

}  // namespace tinyrig::tls
