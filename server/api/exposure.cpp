#include "server/api/exposure.h"

#include "server/api/http/listen_address.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig::api {

absl::Status check_exposure(const Exposure& exposure) {
  for (const std::string& text : exposure.addresses) {
    TINYRIG_ASSIGN_OR_RETURN(const ListenAddress address, parse_listen_address(text));
    if (address.loopback || (exposure.tls && exposure.tokens) || exposure.unprotected_allowed) continue;
    std::string missing;
    if (!exposure.tls) missing = "TLS, so that others on the way read and change everything";
    if (!exposure.tokens) {
      missing += std::string(missing.empty() ? "" : "; and without ") + "tokens, so that whoever reaches it may use it";
    }
    return make_error(
        absl::StatusCode::kFailedPrecondition, "NETWORK_UNPROTECTED",
        "other machines would reach \"" + text + "\" without " + missing,
        std::string(exposure.tls ? "" : "give --tls-cert and --tls-key (tinyrig admin certs makes them); ") +
            (exposure.tokens ? "" : "give --tokens; ") +
            "listen on 127.0.0.1, [::1] or localhost, and come through SSH: ssh -L 8080:127.0.0.1:8080 "
            "HOST; or, in a network that you trust, say --allow-unprotected-network");
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::api
