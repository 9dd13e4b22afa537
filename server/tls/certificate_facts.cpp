#include "server/tls/certificate_facts.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>

#include <array>
#include <ctime>

#include "server/base/error.h"
#include "server/base/sha256.h"
#include "server/tls/openssl.h"

namespace tinyrig::tls {
namespace {

absl::Time time_of(const ASN1_TIME* stamp) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(stamp, &parts) != 1) return absl::InfinitePast();
  return absl::FromTimeT(::timegm(&parts));
}

std::string text_of(const X509_NAME* name) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  return text_in(text.get());
}

std::string address_text(const ASN1_OCTET_STRING& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(&bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(&bytes) != 16) return "";
  return ::inet_ntop(family, ASN1_STRING_get0_data(&bytes), text.data(), text.size());
}

std::vector<std::string> names_of(X509& certificate) {
  const NamesPtr all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(all.get(), i);
    if (name.type == GEN_DNS) {
      names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name.d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(name.d.dNSName)));
    } else if (name.type == GEN_IPADD) {
      names.push_back(address_text(*name.d.iPAddress));
    }
  }
  return names;
}

std::string sha256_of(X509& certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(&certificate, &der);
  if (size <= 0) return "";
  std::string digest = sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return digest;
}

}  // namespace

CertificateFacts facts_of(X509& certificate) {
  CertificateFacts facts;
  facts.subject = text_of(X509_get_subject_name(&certificate));
  facts.issuer = text_of(X509_get_issuer_name(&certificate));
  facts.names = names_of(certificate);
  facts.not_before = time_of(X509_get0_notBefore(&certificate));
  facts.not_after = time_of(X509_get0_notAfter(&certificate));
  facts.is_ca = X509_check_ca(&certificate) == 1;
  facts.for_servers = !facts.is_ca && X509_check_purpose(&certificate, X509_PURPOSE_SSL_SERVER, 0) == 1;
  facts.for_clients = !facts.is_ca && X509_check_purpose(&certificate, X509_PURPOSE_SSL_CLIENT, 0) == 1;
  facts.sha256 = sha256_of(certificate);
  return facts;
}

absl::StatusOr<CertificateFacts> facts_of_pem(const std::string& pem, const std::string& file) {
  const std::vector<CertificatePtr> certificates = certificates_in(pem);
  if (certificates.empty()) {
    return make_error(absl::StatusCode::kInvalidArgument, "TLS_CERTIFICATE_INVALID",
                      file + " holds no certificate in PEM, or a broken one",
                      "it begins with -----BEGIN CERTIFICATE-----; is it the right file, and whole?");
  }
  return facts_of(*certificates.front());
}

bool is_for(X509& certificate, const std::string& host) {
  return X509_check_host(&certificate, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1 ||
         X509_check_ip_asc(&certificate, host.c_str(), 0) == 1;
}

}  // namespace tinyrig::tls
