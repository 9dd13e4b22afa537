// How a browser that has logged in shows its token: a cookie that no script reads and no other site's page sends along.
// Everybody else sends the header Authorization. Pure functions.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/api/http/http_message.h"

namespace tinyrig::api {

/// "Bearer TOKEN", from the header if there is one, else from the cookie; empty if neither came.
/// `secure`: the page came over TLS, which gives the cookie another name and rules.
std::string authorization_of(const HttpRequest& request, bool secure);

/// The token in the body {"token": "..."} of a login. INVALID_ARGUMENT LOGIN_MALFORMED.
absl::StatusOr<std::string> token_of_login(const HttpRequest& request);

/// A Set-Cookie header that keeps the token until the browser is closed; with an empty token, one that removes it.
std::string session_cookie(const std::string& token, bool secure);

}  // namespace tinyrig::api
