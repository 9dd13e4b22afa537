#include "server/oidc/public_key.h"

#include <gtest/gtest.h>

#include <string>

#include "server/base/error.h"
#include "server/oidc/base64url.h"

namespace tinyrig::oidc {
namespace {

std::string bytes_of(std::string_view base64url) { return decode_base64url(base64url).value(); }

// RFC 7515, appendices A.2 and A.3.
constexpr char kRfcClaims[] =
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const std::string kRsaSigned = std::string("eyJhbGciOiJSUzI1NiJ9") + kRfcClaims;
constexpr char kRsaModulus[] =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgN"
    "MsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xs"
    "mtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
    "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr char kRsaSignature[] =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1d"
    "nZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwu"
    "sC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
    "IoypGlUPQGe77Rw";
const std::string kEcSigned = std::string("eyJhbGciOiJFUzI1NiJ9") + kRfcClaims;
constexpr char kEcX[] = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr char kEcY[] = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr char kEcSignature[] =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

PublicKey rfc_rsa_key() { return PublicKey::rsa(bytes_of(kRsaModulus), bytes_of("AQAB")).value(); }
PublicKey rfc_ec_key() { return PublicKey::p256(bytes_of(kEcX), bytes_of(kEcY)).value(); }

void expect_key_refused(const absl::StatusOr<PublicKey>& key, const std::string& says) {
  ASSERT_FALSE(key.ok());
  EXPECT_EQ(reason_of(key.status()), "KEY_INVALID");
  EXPECT_NE(std::string(key.status().message()).find(says), std::string::npos) << key.status();
}

// Every change of one bit is seen.
void expect_bits_count(const PublicKey& key, const std::string& signed_part, const std::string& signature) {
  EXPECT_TRUE(key.verifies(signed_part, signature));
  for (std::size_t bit = 0; bit < signature.size() * 8; bit += 7) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(key.verifies(signed_part, changed)) << bit;
  }
  for (std::size_t i = 0; i < signed_part.size(); i += 11) {
    std::string changed = signed_part;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(key.verifies(changed, signature)) << i;
  }
}

TEST(PublicKey, VerifiesRfc7515A2) {
  EXPECT_EQ(rfc_rsa_key().algorithm(), Algorithm::kRs256);
  expect_bits_count(rfc_rsa_key(), kRsaSigned, bytes_of(kRsaSignature));
}

TEST(PublicKey, VerifiesRfc7515A3) {
  EXPECT_EQ(rfc_ec_key().algorithm(), Algorithm::kEs256);
  expect_bits_count(rfc_ec_key(), kEcSigned, bytes_of(kEcSignature));
}

TEST(PublicKey, SignaturesOfAnotherLengthAreNone) {
  const std::string rsa = bytes_of(kRsaSignature), ec = bytes_of(kEcSignature);
  for (const std::string& signature : {rsa.substr(1), rsa + "x", std::string(), std::string(1, '\0') + rsa, ec}) {
    EXPECT_FALSE(rfc_rsa_key().verifies(kRsaSigned, signature)) << signature.size();
  }
  for (const std::string& signature : {ec.substr(1), ec + "x", std::string(), std::string(64, '\0'), rsa}) {
    EXPECT_FALSE(rfc_ec_key().verifies(kEcSigned, signature)) << signature.size();
  }
}

TEST(PublicKey, WeakRsaKeysAreRefused) {
  const std::string modulus = bytes_of(kRsaModulus);
  expect_key_refused(PublicKey::rsa(modulus.substr(128), bytes_of("AQAB")), "1023 bits");
  std::string even = modulus;
  even.back() = static_cast<char>(even.back() & ~1);
  expect_key_refused(PublicKey::rsa(even, bytes_of("AQAB")), "even");
  expect_key_refused(PublicKey::rsa(std::string(1025, '\x7f'), bytes_of("AQAB")), "8199 bits");
  expect_key_refused(PublicKey::rsa(std::string(2'000'000, '\x7f'), bytes_of("AQAB")), "too large");
  expect_key_refused(PublicKey::rsa("", bytes_of("AQAB")), "0 bits");
  expect_key_refused(PublicKey::rsa(modulus, "\x03"), "exponent");
  expect_key_refused(PublicKey::rsa(modulus, std::string("\x01\x00\x00", 3)), "exponent");
  expect_key_refused(PublicKey::rsa(modulus, "\x01\x01\x01\x01\x01\x01\x01\x01\x01"), "exponent");
  expect_key_refused(PublicKey::rsa(modulus, ""), "exponent");
}

TEST(PublicKey, PointsOffTheCurveAreRefused) {
  std::string y = bytes_of(kEcY);
  y.back() = static_cast<char>(y.back() ^ 1);
  expect_key_refused(PublicKey::p256(bytes_of(kEcX), y), "no point");
  expect_key_refused(PublicKey::p256(std::string(32, '\0'), std::string(32, '\0')), "no point");
  expect_key_refused(PublicKey::p256(std::string(32, '\xff'), std::string(32, '\xff')), "no point");
  expect_key_refused(PublicKey::p256(bytes_of(kEcX).substr(1), bytes_of(kEcY)), "32 bytes");
  expect_key_refused(PublicKey::p256("", ""), "32 bytes");
}

}  // namespace
}  // namespace tinyrig::oidc
