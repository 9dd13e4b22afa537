// Any bytes as a file of rules: whatever is taken lets no stranger in.
#include <boost/json/object.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/oidc/config.h"
#include "server/oidc/strict_json.h"

namespace {

using namespace tinyrig::oidc;

// Of somebody whom no rule names, unless it says so.
const boost::json::object& stranger() {
  static const boost::json::object claims =
      parse_strict_object(
          R"({"repository":"zq/x","repository_owner":"zq","repository_owner_id":"zq","repository_id":"zq",)"
          R"("project_path":"zq/x","project_id":"zq","namespace_path":"zq","namespace_id":"zq",)"
          R"("sub":"repo:zq/x:ref:refs/heads/main","ref":"refs/heads/main","ref_protected":"true"})",
          "claims", "BAD")
          .value();
  return claims;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_config(text, "oidc.toml");
  if (!config.ok()) return 0;
  if (config->issuers.empty() || config->rules.empty()) std::abort();
  if (text.find("zq") != std::string::npos || text.find('\\') != std::string::npos)
    return 0;  // or spells it with escapes
  for (const Issuer& issuer : config->issuers) {
    if (first_match(config->rules, issuer.name, stranger()) != nullptr) std::abort();
  }
  return 0;
}
