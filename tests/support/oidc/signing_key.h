// The private half of an issuer's key, made by OpenSSL: what signs tokens in tests.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tinyrig::test {

class SigningKey {
 public:
  static SigningKey rsa(unsigned bits = 2048);
  static SigningKey p256();

  /// "RS256" or "ES256".
  std::string algorithm() const;
  /// The public half as a JWK with this id. `more`: further members, `"use":"sig",`.
  std::string jwk(const std::string& key_id, const std::string& more = "") const;
  /// As JOSE has it.
  std::string sign(std::string_view text) const;
  EVP_PKEY* get() const { return key_.get(); }

 private:
  explicit SigningKey(EVP_PKEY* key);
  std::string number(const char* parameter, int size) const;

  std::shared_ptr<EVP_PKEY> key_;
};

/// {"keys": [...]} of JWKs with commas between them.
std::string jwk_set(const std::string& keys);

/// A token of this header and these claims (JSON), signed.
std::string make_token(const SigningKey& key, const std::string& header, const std::string& claims);

/// The header of a token that `key` signs.
std::string header_of(const SigningKey& key, const std::string& key_id);

}  // namespace tinyrig::test
