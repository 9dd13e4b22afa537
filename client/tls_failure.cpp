#include "client/tls_failure.h"

#include <string_view>

namespace tinyrig::client {

// gRPC says why in text alone.
std::optional<Failure> tls_failure(const grpc::Status& status, const std::string& server) {
  const std::string& text = status.error_message();
  const auto says = [&text](std::string_view words) { return text.find(words) != std::string::npos; };
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE || !says("failed to connect")) return std::nullopt;
  const bool tls = server.rfind("https://", 0) == 0;
  const bool closed = says("Socket closed") || says("Endpoint read failed") || says("Connection reset");
  if (says("certificate verify failed")) {
    return Failure{kUnavailable, "TLS_NOT_TRUSTED",
                   "the certificate of " + server + " is of no CA that is trusted here, or has expired",
                   "name the CA of the daemon's certificate with --tls-ca FILE or TINYRIG_TLS_CA (of a lab: its "
                   "ca.crt); is this machine's clock right?"};
  }
  if (says("is not in peer certificate")) {
    return Failure{kUnavailable, "TLS_NAME_MISMATCH",
                   "the certificate of " + server + " is for another name (" + text.substr(text.rfind(": ") + 2) + ")",
                   "use a name of the certificate (tinyrig admin certs show FILE), or issue one for this name"};
  }
  if (tls && (says("wrong version number") || says("WRONG_VERSION_NUMBER"))) {
    return Failure{kUnavailable, "TLS_NOT_SPOKEN", "what answers at " + server + " speaks no TLS",
                   "is it the gRPC port? For a daemon without TLS leave https:// and --tls-ca out"};
  }
  if (tls && (closed || says("Ssl handshake failed"))) {
    return Failure{kUnavailable, "TLS_REFUSED", "the daemon at " + server + " ends the connection (" + text + ")",
                   "does it take only clients that show a certificate of its CA? --tls-cert FILE --tls-key FILE "
                   "(tinyrig admin certs client makes them)"};
  }
  if (!tls && closed) {
    return Failure{
        kUnavailable, "SERVER_CLOSED", "what answers at " + server + " ends the connection",
        "if it speaks TLS: --server https://" + server + ", and for a lab's CA --tls-ca FILE; is it the gRPC port?"};
  }
  return std::nullopt;
}

}  // namespace tinyrig::client
