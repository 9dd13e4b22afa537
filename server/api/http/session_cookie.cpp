#include "server/api/http/session_cookie.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <string_view>

#include "absl/strings/ascii.h"
#include "server/base/error.h"

namespace tinyrig::api {
namespace {

constexpr std::size_t kMostTokenBytes = 16 * 1024;

// __Host-: browsers take it only over TLS, for this host alone.
std::string_view cookie_name(bool secure) { return secure ? "__Host-tinyrig" : "tinyrig"; }

// What tokens are made of, ours and those of OIDC: nothing that could end a header or a cookie.
bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kMostTokenBytes && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace

std::string authorization_of(const HttpRequest& request, bool secure) {
  if (const std::string* header = request.header("authorization")) return *header;
  const std::string* cookies = request.header("cookie");
  if (cookies == nullptr) return "";
  std::string_view rest = *cookies;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    std::string_view cookie = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (cookie.starts_with(' ')) cookie.remove_prefix(1);
    const std::size_t equals = cookie.find('=');
    if (equals == std::string_view::npos || cookie.substr(0, equals) != cookie_name(secure)) continue;
    const std::string_view token = cookie.substr(equals + 1);
    return is_token(token) ? "Bearer " + std::string(token) : "";
  }
  return "";
}

absl::StatusOr<std::string> token_of_login(const HttpRequest& request) {
  boost::system::error_code error;
  const boost::json::value body = boost::json::parse(request.body, error);
  const boost::json::value* token = !error && body.is_object() ? body.as_object().if_contains("token") : nullptr;
  if (token == nullptr || !token->is_string() || !is_token(std::string_view(token->as_string()))) {
    return make_error(absl::StatusCode::kInvalidArgument, "LOGIN_MALFORMED", "the body names no token",
                      "Send {\"token\": \"TOKEN\"}.");
  }
  return std::string(std::string_view(token->as_string()));
}

std::string session_cookie(const std::string& token, bool secure) {
  std::string cookie = std::string(cookie_name(secure)) + "=" + token + "; Path=/; HttpOnly; SameSite=Strict";
  if (secure) cookie += "; Secure";
  if (token.empty()) cookie += "; Max-Age=0";
  return cookie;
}

}  // namespace tinyrig::api
