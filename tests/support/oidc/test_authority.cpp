#include "tests/support/oidc/test_authority.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>

namespace tinyrig::test {
namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

template <class Write>
std::string pem(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  must(write(memory) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

std::string certificate_text(X509* certificate) {
  return pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

// `issuer` and `issuer_key` sign it; nullptr: it signs itself.
std::shared_ptr<X509> make_certificate(EVP_PKEY* key, const std::string& name, X509* issuer, EVP_PKEY* issuer_key,
                                       int extension, const std::string& value) {
  static long serial = 0;
  std::shared_ptr<X509> certificate(X509_new(), X509_free);
  must(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24 * 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* signer = issuer == nullptr ? certificate.get() : issuer;
  must(X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1);
  X509V3_CTX context;
  X509V3_set_ctx(&context, signer, certificate.get(), nullptr, nullptr, 0);
  X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, extension, value.c_str());
  must(made != nullptr && X509_add_ext(certificate.get(), made, -1) == 1);
  X509_EXTENSION_free(made);
  must(X509_sign(certificate.get(), issuer_key == nullptr ? key : issuer_key, EVP_sha256()) > 0);
  return certificate;
}

}  // namespace

TestAuthority::TestAuthority()
    : certificate_(make_certificate(key_.get(), "Test authority", nullptr, nullptr, NID_basic_constraints,
                                    "critical,CA:TRUE")) {}

std::string TestAuthority::certificate_pem() const { return certificate_text(certificate_.get()); }

ServerCertificate TestAuthority::issue(const std::string& host) const {
  const SigningKey key = SigningKey::p256();
  const auto certificate =
      make_certificate(key.get(), host, certificate_.get(), key_.get(), NID_subject_alt_name, "DNS:" + host);
  return {certificate_text(certificate.get()), pem([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace tinyrig::test
