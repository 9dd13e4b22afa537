#include "server/api/http/access_rules.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include "server/base/error.h"

namespace tinyrig::api {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

// The name in "name", "name:port" or "[v6]:port", in lower case.
std::optional<std::string> host_name(std::string_view authority) {
  std::string_view name = authority;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    name = authority.substr(0, end + 1);
    rest = authority.substr(end + 1);
  } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
    name = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (!rest.empty() && (rest.size() < 2 || rest.front() != ':' || !all_digits(rest.substr(1)))) return std::nullopt;
  if (name.empty()) return std::nullopt;
  return lower(name);
}

std::string without_brackets(const std::string& name) {
  return name.starts_with('[') ? name.substr(1, name.size() - 2) : name;
}

// 127.0.0.0/8 in dotted form only: no octal, no short forms.
bool is_loopback_v4(std::string_view name) {
  int octets = 0;
  bool loopback = false;
  while (true) {
    const auto dot = name.find('.');
    const std::string_view octet = name.substr(0, dot);
    if (octet.empty() || octet.size() > 3 || !all_digits(octet)) return false;
    if (octets == 0) loopback = octet == "127";
    ++octets;
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  return loopback && octets == 4;
}

}  // namespace

absl::Status check_host(const HttpRequest& request, const AccessRules& rules) {
  const auto hosts = std::count_if(request.headers.begin(), request.headers.end(),
                                   [](const auto& header) { return header.first == "host"; });
  const std::string* host = request.header("host");
  const auto name = host == nullptr || hosts != 1 ? std::nullopt : host_name(*host);
  if (name.has_value()) {
    if (*name == "localhost" || *name == "[::1]" || is_loopback_v4(*name)) return absl::OkStatus();
    for (const std::string& allowed : rules.allowed_hosts) {
      if (*name == lower(allowed)) return absl::OkStatus();
    }
    if (rules.identity != nullptr && rules.identity->get()->names(without_brackets(*name))) return absl::OkStatus();
  }
  return make_error(absl::StatusCode::kPermissionDenied, "HTTP_HOST_REFUSED",
                    "the Host header \"" + (host == nullptr ? std::string() : host->substr(0, 100)) +
                        "\" names no host that this daemon serves",
                    "use localhost or 127.0.0.1, or start tinyrigd with this name allowed (--allow-host)");
}

absl::Status check_origin(const HttpRequest& request, const AccessRules& rules) {
  const auto origins = std::count_if(request.headers.begin(), request.headers.end(),
                                     [](const auto& header) { return header.first == "origin"; });
  if (origins == 0) return absl::OkStatus();
  const std::string& origin = *request.header("origin");
  const std::string* host = request.header("host");
  const std::string scheme = rules.identity == nullptr ? "http://" : "https://";
  if (origins == 1 && host != nullptr && lower(origin) == scheme + lower(*host)) return absl::OkStatus();
  return make_error(absl::StatusCode::kPermissionDenied, "HTTP_ORIGIN_REFUSED",
                    "a page of \"" + origin.substr(0, 100) + "\" may not call this daemon",
                    "open the dashboard under the daemon's own address, or call without an Origin header");
}

absl::Status check_json_content_type(const HttpRequest& request) {
  const std::string* type = request.header("content-type");
  if (type != nullptr) {
    std::string_view rest = *type;
    const auto semicolon = rest.find(';');
    const std::string media = lower(trim(rest.substr(0, semicolon)));
    std::string parameter;
    if (semicolon != std::string_view::npos) parameter = lower(trim(rest.substr(semicolon + 1)));
    if (media == "application/json" &&
        (parameter.empty() || parameter == "charset=utf-8" || parameter == "charset=\"utf-8\"")) {
      return absl::OkStatus();
    }
  }
  return make_error(absl::StatusCode::kInvalidArgument, "HTTP_CONTENT_TYPE_REFUSED",
                    "the body is \"" + (type == nullptr ? std::string() : type->substr(0, 100)) + "\"; calls are JSON",
                    "send the header Content-Type: application/json");
}

}  // namespace tinyrig::api
