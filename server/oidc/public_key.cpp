#include "server/oidc/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::oidc {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;  // a check with a longer one would take long
constexpr std::size_t kP256Bytes = 32;

template <auto free_it>
struct OpenSslFree {
  template <class T>
  void operator()(T* object) const {
    free_it(object);
  }
};
template <class T, auto free_it>
using OpenSslPtr = std::unique_ptr<T, OpenSslFree<free_it>>;

using BigNumber = OpenSslPtr<BIGNUM, BN_free>;
using Parameters = OpenSslPtr<OSSL_PARAM, OSSL_PARAM_free>;
using ParameterBuilder = OpenSslPtr<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;

const unsigned char* unsigned_bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

BigNumber big_number(std::string_view bytes) {
  return BigNumber(BN_bin2bn(unsigned_bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

absl::Status invalid(const std::string& problem) {
  ERR_clear_error();
  return make_error(absl::StatusCode::kInvalidArgument, "KEY_INVALID", problem);
}

// nullptr: OpenSSL does not take it.
std::shared_ptr<EVP_PKEY> make_key(const char* type, const ParameterBuilder& builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const OpenSslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return {key, EVP_PKEY_free};
}

// What OpenSSL takes for ECDSA: a DER sequence of both numbers. Empty: `signature` has another length.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return "";
  BigNumber r = big_number(signature.substr(0, kP256Bytes)), s = big_number(signature.substr(kP256Bytes));
  const OpenSslPtr<ECDSA_SIG, ECDSA_SIG_free> both(ECDSA_SIG_new());
  if (both == nullptr || r == nullptr || s == nullptr) return "";
  if (ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return "";
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  const int size = i2d_ECDSA_SIG(both.get(), nullptr);
  if (size <= 0) return "";
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(both.get(), &out);
  return der;
}

}  // namespace

absl::StatusOr<PublicKey> PublicKey::rsa(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() > kMaxRsaBits / 8 + 1 || exponent.size() > 9) return invalid("the RSA key is too large");
  const BigNumber n = big_number(modulus), e = big_number(exponent);
  if (n == nullptr || e == nullptr) return invalid("the RSA key cannot be read");
  const int bits = BN_num_bits(n.get());
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return invalid(absl::StrCat("the RSA key has ", bits, " bits; ", kMinRsaBits, " to ", kMaxRsaBits, " are taken"));
  }
  if (!BN_is_odd(n.get())) return invalid("the RSA key's modulus is even");
  if (!BN_is_odd(e.get()) || BN_num_bits(e.get()) < 17 || BN_num_bits(e.get()) > 64) {
    return invalid("the RSA key's exponent is even, or not from 65537 to 2^64");
  }
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return invalid("the RSA key cannot be read");
  }
  std::shared_ptr<EVP_PKEY> key = make_key("RSA", builder);
  if (key == nullptr) return invalid("this is no RSA key");
  return PublicKey(Algorithm::kRs256, std::move(key));
}

absl::StatusOr<PublicKey> PublicKey::p256(std::string_view x, std::string_view y) {
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) return invalid("a coordinate does not have 32 bytes");
  const std::string point = absl::StrCat(std::string(1, '\x04'), std::string(x), std::string(y));  // uncompressed
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return invalid("the point cannot be read");
  }
  std::shared_ptr<EVP_PKEY> key = make_key("EC", builder);
  if (key == nullptr) return invalid("this is no point of P-256");
  return PublicKey(Algorithm::kEs256, std::move(key));
}

bool PublicKey::verifies(std::string_view signed_part, std::string_view signature) const {
  const std::string bytes = algorithm_ == Algorithm::kEs256 ? der_of(signature) : std::string(signature);
  const OpenSslPtr<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  const bool good = !bytes.empty() && context != nullptr &&
                    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                    EVP_DigestVerify(context.get(), unsigned_bytes(bytes), bytes.size(), unsigned_bytes(signed_part),
                                     signed_part.size()) == 1;
  if (!good) ERR_clear_error();  // this thread's next use of OpenSSL must not find it
  return good;
}

}  // namespace tinyrig::oidc
