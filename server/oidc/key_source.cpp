#include "server/oidc/key_source.h"

#include <boost/json/object.hpp>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/oidc/strict_json.h"

namespace tinyrig::oidc {
namespace {

namespace asio = boost::asio;

absl::StatusOr<KeySet> parse_at(const std::string& text, const std::string& place) {
  auto keys = KeySet::parse(text);
  if (keys.ok()) return keys;
  return make_error(keys.status().code(), reason_of(keys.status()),
                    absl::StrCat(place, ": ", std::string(keys.status().message())), hint_of(keys.status()));
}

// Where the discovery document says that the keys are.
absl::StatusOr<HttpsUrl> read_discovery(const std::string& text, const std::string& issuer_url,
                                        const HttpsUrl& document) {
  const auto refuse = [&](const std::string& problem) {
    return make_error(absl::StatusCode::kInvalidArgument, "ISSUER_INVALID", absl::StrCat(document.text(), problem));
  };
  const auto root = parse_strict_object(text, "the document", "ISSUER_INVALID");
  if (!root.ok()) return refuse(absl::StrCat(": ", std::string(root.status().message())));
  if (string_member(*root, "issuer") != issuer_url) return refuse(" is of another issuer than the url in the rules");
  auto keys = parse_https_url(string_member(*root, "jwks_uri").value_or(""));
  if (!keys.ok()) return refuse(" has no 'jwks_uri' that can be taken");
  if (!keys->same_origin(document)) return refuse(" names keys on another host: " + keys->text());
  return keys;
}

class FileSource final : public KeySource {
 public:
  explicit FileSource(std::filesystem::path file) : file_(std::move(file)) {}

  asio::awaitable<absl::StatusOr<KeySet>> load() override { co_return load_key_file(file_); }

 private:
  const std::filesystem::path file_;
};

class IssuerSource final : public KeySource {
 public:
  IssuerSource(std::string url, std::filesystem::path ca_file, HttpsLimits limits)
      : url_(std::move(url)), ca_file_(std::move(ca_file)), limits_(limits) {}

  asio::awaitable<absl::StatusOr<KeySet>> load() override {
    const auto document =
        parse_https_url(absl::StrCat(std::string(absl::StripSuffix(url_, "/")), "/.well-known/openid-configuration"));
    if (!document.ok()) co_return document.status();
    auto asking = https_get(*document, ca_file_, limits_);
    const auto discovery = co_await std::move(asking);
    if (!discovery.ok()) co_return discovery.status();
    const auto keys_url = read_discovery(*discovery, url_, *document);
    if (!keys_url.ok()) co_return keys_url.status();
    auto fetching = https_get(*keys_url, ca_file_, limits_);
    const auto keys = co_await std::move(fetching);
    if (!keys.ok()) co_return keys.status();
    co_return parse_at(*keys, keys_url->text());
  }

 private:
  const std::string url_;
  const std::filesystem::path ca_file_;
  const HttpsLimits limits_;
};

}  // namespace

absl::StatusOr<KeySet> load_key_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(KeySet::kMaxBytes + 1, '\0');  // one more: what is too large is refused as such
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream && !stream.eof()) {
    return make_error(absl::StatusCode::kNotFound, "KEYS_INVALID", absl::StrCat("cannot read ", file.string()),
                      "Check the path and its permissions.");
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return parse_at(text, file.string());
}

std::unique_ptr<KeySource> keys_in_file(std::filesystem::path file) {
  return std::make_unique<FileSource>(std::move(file));
}

std::unique_ptr<KeySource> keys_of_issuer(std::string issuer_url, std::filesystem::path ca_file, HttpsLimits limits) {
  return std::make_unique<IssuerSource>(std::move(issuer_url), std::move(ca_file), limits);
}

}  // namespace tinyrig::oidc
