// The dashboard's files from a folder: index.html for every path that names no file (the page routes by
// itself), hashed assets for ever, everything else checked by ETag, .gz beside a file when the browser
// takes it. Never leaves the folder.
#pragma once

#include <filesystem>
#include <string>

#include "server/api/http/http_message.h"

namespace tinyrig::api {

/// For every response that a browser renders: no scripts or requests but to this daemon.
inline constexpr char kContentSecurityPolicy[] =
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'";

class StaticFiles {
 public:
  explicit StaticFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// To GET and HEAD. 404 for a missing asset, 503 with an explanation when there is no dashboard at all.
  HttpResponse serve(const HttpRequest& request) const;

 private:
  const std::filesystem::path folder_;
};

}  // namespace tinyrig::api
