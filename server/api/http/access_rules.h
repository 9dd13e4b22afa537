// Who may talk to the HTTP face: the rules that keep other web pages from driving the daemon through a
// user's browser (cross-site requests, DNS rebinding). Pure functions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/api/http/http_message.h"
#include "server/tls/current_identity.h"

namespace tinyrig::api {

struct AccessRules {
  // Beyond localhost, 127.0.0.0/8 and [::1]; lower case, without port.
  std::vector<std::string> allowed_hosts;
  // Under TLS: what its certificate names is allowed, too. Null: without TLS.
  std::shared_ptr<const tls::CurrentIdentity> identity = nullptr;

  // Pages come over TLS.
  bool secure() const { return identity != nullptr; }
};

/// Exactly one Host header that names a loopback address, an allowed host or one of the certificate.
/// PERMISSION_DENIED (HTTP_HOST_REFUSED).
absl::Status check_host(const HttpRequest& request, const AccessRules& rules);

/// No Origin (not a browser), or the same scheme as ours, and the same host and port as Host says.
/// PERMISSION_DENIED (HTTP_ORIGIN_REFUSED).
absl::Status check_origin(const HttpRequest& request, const AccessRules& rules);

/// application/json, with no charset or utf-8. A browser asks before it sends that to another origin.
/// INVALID_ARGUMENT (HTTP_CONTENT_TYPE_REFUSED).
absl::Status check_json_content_type(const HttpRequest& request);

}  // namespace tinyrig::api
