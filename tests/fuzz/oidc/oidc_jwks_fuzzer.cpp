// Any bytes as a JWK set. Keys that are taken do not crash, and verify nothing that nobody signed. Also as a URL, as in
// an issuer's discovery document.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/oidc/https_get.h"
#include "server/oidc/key_set.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinyrig::oidc;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto set = KeySet::parse(text); set.ok()) {
    require(set->size() > 0 && set->size() + set->left_out().size() <= KeySet::kMaxKeys);
    for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kEs256}) {
      const PublicKey* key = set->find("a", algorithm);
      if (key == nullptr) continue;
      require(key->algorithm() == algorithm);
      for (const std::size_t length : {64, 256}) require(!key->verifies("text", std::string(length, '\x01')));
    }
  }
  if (const auto url = parse_https_url(text); url.ok()) {
    const auto again = parse_https_url(url->text());
    require(again.ok() && again->same_origin(*url) && again->path == url->path);
    require(url->text().find_first_of("\r\n ?#\\") == std::string::npos);
  }
  return 0;
}
