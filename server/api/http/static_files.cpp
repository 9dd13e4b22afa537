#include "server/api/http/static_files.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "wire/fnv1a.h"

namespace tinyrig::api {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 16 * 1024 * 1024;

struct MediaType {
  std::string_view extension;
  const char* type;
};

constexpr std::array<MediaType, 13> kMediaTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".wasm", "application/wasm"},
}};

// Null for a name that the dashboard's build makes no files of.
const char* media_type_of(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  for (const MediaType& media : kMediaTypes) {
    if (media.extension == extension) return media.type;
  }
  return nullptr;
}

// The path below the folder, or nothing when it is not made of plain names: no "..", no hidden files, no
// percent-encoding (the build makes no name that needs one).
std::optional<std::filesystem::path> relative_path(std::string_view path) {
  std::filesystem::path relative;
  while (!path.empty()) {
    if (path.front() != '/') return std::nullopt;
    path.remove_prefix(1);
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(name.size());
    if (name.empty()) continue;
    if (name.front() == '.') return std::nullopt;
    for (const char c : name) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                         c == '-' || c == '_';
      if (!plain) return std::nullopt;
    }
    relative /= std::filesystem::path(name);
  }
  return relative;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  if (std::filesystem::file_size(path, error) > kMaxFileBytes || error) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool accepts_gzip(const HttpRequest& request) {
  const std::string* encodings = request.header("accept-encoding");
  return encodings != nullptr && encodings->find("gzip") != std::string::npos &&
         encodings->find("gzip;q=0") == std::string::npos;
}

std::string etag_of(const std::string& body) {
  std::uint32_t hash = wire::fnv1a_32(std::span(reinterpret_cast<const std::uint8_t*>(body.data()), body.size()));
  std::string hex;
  for (int digit = 0; digit < 8; ++digit, hash <<= 4U) hex += "0123456789abcdef"[hash >> 28U];
  return "\"" + std::to_string(body.size()) + "-" + hex + "\"";
}

void add_page_headers(HttpResponse& response) {
  response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
}

HttpResponse text(unsigned status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  add_page_headers(response);
  response.body = std::move(body);
  return response;
}

}  // namespace

HttpResponse StaticFiles::serve(const HttpRequest& request) const {
  const auto relative = relative_path(request.path);
  const bool names_file = relative.has_value() && media_type_of(*relative) != nullptr;
  std::filesystem::path path = folder_ / (names_file ? *relative : "index.html");
  std::optional<std::string> body = read_file(path);
  if (!body.has_value() && names_file) return text(404, "There is no such file.\n");
  if (!body.has_value()) {
    return text(503,
                "The dashboard is not built. Build it with ./rig web, or start tinyrigd with --web FOLDER.\n"
                "The API works without it: see docs/cli.md.\n");
  }

  HttpResponse response;
  const std::string etag = etag_of(*body);
  const bool hashed = names_file && relative->has_parent_path() && *relative->begin() == "assets";
  response.headers.emplace_back("Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Vary", "Accept-Encoding");
  add_page_headers(response);
  const std::string* known = request.header("if-none-match");
  if (known != nullptr && *known == etag) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", media_type_of(path));
  if (accepts_gzip(request)) {
    if (auto packed = read_file(path.string() + ".gz")) {
      response.headers.emplace_back("Content-Encoding", "gzip");
      body = std::move(packed);
    }
  }
  response.body = std::move(*body);
  return response;
}

}  // namespace tinyrig::api
