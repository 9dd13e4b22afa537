#include "tests/support/oidc/signing_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/oidc/base64url.h"

namespace tinyrig::test {
namespace {

constexpr int kP256Bytes = 32;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string padded(const BIGNUM* number, int size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  require(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), size) == size);
  return bytes;
}

}  // namespace

SigningKey::SigningKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) { require(key != nullptr); }

SigningKey SigningKey::rsa(unsigned bits) { return SigningKey(EVP_RSA_gen(bits)); }
SigningKey SigningKey::p256() { return SigningKey(EVP_EC_gen("P-256")); }

std::string SigningKey::algorithm() const { return EVP_PKEY_is_a(key_.get(), "RSA") == 1 ? "RS256" : "ES256"; }

std::string SigningKey::number(const char* parameter, int size) const {
  BIGNUM* value = nullptr;
  require(EVP_PKEY_get_bn_param(key_.get(), parameter, &value) == 1);
  const std::string bytes = padded(value, size == 0 ? BN_num_bytes(value) : size);
  BN_free(value);
  return oidc::encode_base64url(bytes);
}

std::string SigningKey::jwk(const std::string& key_id, const std::string& more) const {
  if (algorithm() == "RS256") {
    return absl::StrCat("{\"kty\":\"RSA\",", more, "\"kid\":\"", key_id, "\",\"n\":\"",
                        number(OSSL_PKEY_PARAM_RSA_N, 0), "\",\"e\":\"", number(OSSL_PKEY_PARAM_RSA_E, 0), "\"}");
  }
  return absl::StrCat("{\"kty\":\"EC\",\"crv\":\"P-256\",", more, "\"kid\":\"", key_id, "\",\"x\":\"",
                      number(OSSL_PKEY_PARAM_EC_PUB_X, kP256Bytes), "\",\"y\":\"",
                      number(OSSL_PKEY_PARAM_EC_PUB_Y, kP256Bytes), "\"}");
}

std::string SigningKey::sign(std::string_view text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  require(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  std::vector<unsigned char> signature(1024);
  std::size_t size = signature.size();
  require(EVP_DigestSign(context, signature.data(), &size, reinterpret_cast<const unsigned char*>(text.data()),
                         text.size()) == 1);
  EVP_MD_CTX_free(context);
  if (algorithm() == "RS256") return {signature.begin(), signature.begin() + static_cast<std::ptrdiff_t>(size)};
  const unsigned char* der = signature.data();
  ECDSA_SIG* both = d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size));
  require(both != nullptr);
  const std::string bytes = padded(ECDSA_SIG_get0_r(both), kP256Bytes) + padded(ECDSA_SIG_get0_s(both), kP256Bytes);
  ECDSA_SIG_free(both);
  return bytes;
}

std::string jwk_set(const std::string& keys) { return "{\"keys\":[" + keys + "]}"; }

std::string make_token(const SigningKey& key, const std::string& header, const std::string& claims) {
  const std::string signed_part = oidc::encode_base64url(header) + "." + oidc::encode_base64url(claims);
  return signed_part + "." + oidc::encode_base64url(key.sign(signed_part));
}

std::string header_of(const SigningKey& key, const std::string& key_id) {
  return absl::StrCat("{\"alg\":\"", key.algorithm(), "\",\"typ\":\"JWT\",\"kid\":\"", key_id, "\"}");
}

}  // namespace tinyrig::test
