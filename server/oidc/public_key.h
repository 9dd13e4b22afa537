// A public key of an issuer, and the check of a signature with it.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace tinyrig::oidc {

/// Of JOSE's (RFC 7518) those that CI systems sign with. Not among them: "none", and those with a shared secret.
enum class Algorithm {
  kRs256,  // RSASSA-PKCS1-v1_5 with SHA-256
  kEs256,  // ECDSA on P-256 with SHA-256
};

/// A value; cheap to copy. Thread-safe.
class PublicKey {
 public:
  /// Big-endian, as in a JWK. INVALID_ARGUMENT (KEY_INVALID): a modulus that is not of 2048 to 8192 bits, or an
  /// exponent that is even, or not from 65537 to 2^64.
  static absl::StatusOr<PublicKey> rsa(std::string_view modulus, std::string_view exponent);
  /// The coordinates of a point, 32 bytes each. INVALID_ARGUMENT (KEY_INVALID): it is not on the curve.
  static absl::StatusOr<PublicKey> p256(std::string_view x, std::string_view y);

  /// A key verifies with one algorithm only, whatever a token says.
  Algorithm algorithm() const { return algorithm_; }

  /// `signature` as JOSE has it: of ES256 that is r and s, 32 bytes each.
  bool verifies(std::string_view signed_part, std::string_view signature) const;

 private:
  PublicKey(Algorithm algorithm, std::shared_ptr<EVP_PKEY> key) : algorithm_(algorithm), key_(std::move(key)) {}

  Algorithm algorithm_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace tinyrig::oidc
