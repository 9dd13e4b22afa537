// A JWK set (RFC 7517): the public keys of an issuer by their ids.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/oidc/public_key.h"

namespace tinyrig::oidc {

/// A value. Thread-safe to read.
class KeySet {
 public:
  static constexpr std::size_t kMaxBytes = 256 * 1024;
  static constexpr std::size_t kMaxKeys = 100;

  /// Takes RSA keys for RS256 and P-256 keys for ES256 that have an id; of two with the same id the first. Others are
  /// left out: issuers add new kinds. INVALID_ARGUMENT (KEYS_INVALID): no JWK set, too large, or no key of it can be
  /// taken.
  static absl::StatusOr<KeySet> parse(std::string_view text);

  /// nullptr: no such key. It lives as long as the set.
  const PublicKey* find(const std::string& key_id, Algorithm algorithm) const;
  std::size_t size() const { return keys_.size(); }
  /// Which keys were left out and why, for people: "key 'x': an RSA key of 1024 bits".
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  std::map<std::pair<std::string, Algorithm>, PublicKey> keys_;
  std::vector<std::string> left_out_;
};

}  // namespace tinyrig::oidc
