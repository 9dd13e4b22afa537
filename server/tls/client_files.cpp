#include "server/tls/client_files.h"

#include "server/base/status_macros.h"
#include "server/tls/pem_files.h"

namespace tinyrig::tls {

absl::StatusOr<ClientPem> load_client_files(const ClientFiles& files, absl::Time now) {
  ClientPem pem;
  if (!files.ca.empty()) {
    TINYRIG_ASSIGN_OR_RETURN(pem.ca, read_pem_file(files.ca));
    const auto authorities = read_authorities(pem.ca, files.ca, "TLS_CA_INVALID", now);
    if (!authorities.ok()) return authorities.status();
  }
  if (!files.certificate.empty()) {
    TINYRIG_ASSIGN_OR_RETURN(const KeyedCertificate pair,
                             read_pair(files.certificate, files.key, PairFor::kClient, now));
    pem.certificate = pair.certificate_pem;
    pem.key = pair.key_pem;
  }
  return pem;
}

}  // namespace tinyrig::tls
