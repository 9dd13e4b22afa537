#include "server/oidc/key_set.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/oidc/base64url.h"
#include "server/oidc/strict_json.h"

namespace tinyrig::oidc {
namespace {

namespace json = boost::json;

constexpr char kKeysInvalid[] = "KEYS_INVALID";

absl::Status invalid_set(const std::string& problem) {
  return make_error(absl::StatusCode::kInvalidArgument, kKeysInvalid, problem,
                    "It must be a JWK set: {\"keys\": [...]}.");
}

absl::Status unfit(const std::string& problem) {
  return make_error(absl::StatusCode::kInvalidArgument, "KEY_INVALID", problem);
}

// Bytes in base64url; none of a member that is missing or makes no sense, which no key takes.
std::string member_bytes(const json::object& jwk, std::string_view name) {
  return decode_base64url(string_member(jwk, name).value_or("")).value_or("");
}

// Without the member: it says nothing against it.
bool says(const json::object& jwk, std::string_view name, std::string_view value) {
  return !jwk.contains({name.data(), name.size()}) || string_member(jwk, name) == value;
}

bool is_for_verifying(const json::object& jwk) {
  if (!says(jwk, "use", "sig")) return false;
  const json::value* operations = jwk.if_contains("key_ops");
  if (operations == nullptr) return true;
  if (!operations->is_array()) return false;
  for (const json::value& operation : operations->get_array()) {
    if (operation.is_string() && operation.get_string() == "verify") return true;
  }
  return false;
}

absl::StatusOr<PublicKey> read_key(const json::object& jwk) {
  if (!is_for_verifying(jwk)) return unfit("is not for signatures");
  const std::string kind = string_member(jwk, "kty").value_or("");
  if (kind == "RSA") {
    if (!says(jwk, "alg", "RS256")) return unfit("is for another algorithm than RS256");
    return PublicKey::rsa(member_bytes(jwk, "n"), member_bytes(jwk, "e"));
  }
  if (kind == "EC" && string_member(jwk, "crv") == "P-256") {
    if (!says(jwk, "alg", "ES256")) return unfit("is for another algorithm than ES256");
    return PublicKey::p256(member_bytes(jwk, "x"), member_bytes(jwk, "y"));
  }
  return unfit("is neither RSA nor EC with P-256");
}

}  // namespace

absl::StatusOr<KeySet> KeySet::parse(std::string_view text) {
  if (text.size() > kMaxBytes) return invalid_set(absl::StrCat("the key set is larger than ", kMaxBytes, " bytes"));
  TINYRIG_ASSIGN_OR_RETURN(const json::object root, parse_strict_object(text, "the key set", kKeysInvalid));
  const json::value* keys = root.if_contains("keys");
  if (keys == nullptr || !keys->is_array()) return invalid_set("the key set has no 'keys'");
  if (keys->get_array().size() > kMaxKeys) return invalid_set(absl::StrCat("the key set has over ", kMaxKeys, " keys"));

  KeySet set;
  for (const json::value& element : keys->get_array()) {
    const json::object* jwk = element.if_object();
    const std::string id = jwk == nullptr ? "" : string_member(*jwk, "kid").value_or("");
    if (id.empty()) {
      set.left_out_.push_back("a key without an id ('kid')");
      continue;
    }
    const auto key = read_key(*jwk);
    if (key.ok() && set.keys_.emplace(std::pair(id, key->algorithm()), *key).second) continue;
    set.left_out_.push_back(absl::StrCat("key '", clean_text(id, 64),
                                         "': ", key.ok() ? "its id comes twice" : std::string(key.status().message())));
  }
  if (set.keys_.empty()) {
    return invalid_set(absl::StrCat("the key set has no key that can be taken", set.left_out_.empty() ? "" : "; ",
                                    absl::StrJoin(set.left_out_, "; ")));
  }
  return set;
}

const PublicKey* KeySet::find(const std::string& key_id, Algorithm algorithm) const {
  const auto found = keys_.find({key_id, algorithm});
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace tinyrig::oidc
