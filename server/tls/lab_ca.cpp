#include "server/tls/lab_ca.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/tls/certificate_facts.h"
#include "server/tls/openssl.h"

namespace tinyrig::tls {
namespace {

// For clocks that are a little behind ours.
constexpr absl::Duration kBackdated = absl::Hours(1);
constexpr std::size_t kMaxCommonName = 64;  // X.520
constexpr std::size_t kMaxHost = 253;       // DNS

struct Extension {
  int nid;
  std::string value;  // in the words of OpenSSL's configuration
};

// What a certificate is to say, beside its key.
struct Draft {
  std::string common_name;  // empty: none
  absl::Time not_after;
  std::vector<Extension> extensions;
};

absl::Status not_made() {
  return make_error(absl::StatusCode::kInternal, "TLS_NOT_MADE", "OpenSSL makes no certificate: " + openssl_error());
}

absl::Status check_name(const std::string& name) {
  const bool printable = std::ranges::all_of(name, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
  if (printable && !name.empty() && name.size() <= kMaxCommonName) return absl::OkStatus();
  return make_error(absl::StatusCode::kInvalidArgument, "TLS_NAME_INVALID",
                    "a certificate's name has 1 to 64 printable ASCII characters", "choose another name");
}

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

// Labels of letters, digits and hyphens; the first may be "*". Nothing that means something to OpenSSL's configuration.
bool is_dns_name(std::string_view host) {
  if (host.empty() || host.size() > kMaxHost) return false;
  if (host.starts_with("*.")) host.remove_prefix(2);
  while (true) {
    const std::string_view label = host.substr(0, host.find('.'));
    const bool plain = std::ranges::all_of(label, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (!plain || label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (label.size() == host.size()) return true;
    host.remove_prefix(label.size() + 1);
  }
}

absl::StatusOr<std::string> alternative_names(const std::vector<std::string>& hosts) {
  std::string names;
  for (const std::string& host : hosts) {
    const bool address = is_address(host);
    if (!address && !is_dns_name(host)) {
      return make_error(absl::StatusCode::kInvalidArgument, "TLS_HOST_INVALID",
                        "\"" + host + "\" is neither a DNS name nor an IP address",
                        "write what clients call the server: farm.lab, 192.168.1.20, ::1; no port, no brackets");
    }
    names += (names.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + host;
  }
  if (names.empty()) {
    return make_error(absl::StatusCode::kInvalidArgument, "TLS_HOST_INVALID", "a server's certificate needs a name",
                      "write what clients call the server: farm.lab, 192.168.1.20");
  }
  return names;
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7fU) | 0x40U);  // positive, and of one length
  const std::unique_ptr<BIGNUM, FreeWith<BN_free>> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_subject(X509* certificate, const std::string& common_name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto add = [subject](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_ASC,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  return add("O", "TinyRig lab") && (common_name.empty() || add("CN", common_name));
}

// `issuer` null: it signs itself.
absl::StatusOr<CertificateAndKey> make(const Draft& draft, X509* issuer, EVP_PKEY* issuer_key, absl::Time now) {
  ERR_clear_error();
  const KeyPtr key(EVP_EC_gen("P-256"));
  const CertificatePtr certificate(X509_new());
  if (key == nullptr || certificate == nullptr) return not_made();
  X509* made = certificate.get();
  X509* signer = issuer == nullptr ? made : issuer;
  if (X509_set_version(made, X509_VERSION_3) != 1 || !set_serial(made) || !set_subject(made, draft.common_name) ||
      X509_set_issuer_name(made, X509_get_subject_name(signer)) != 1 ||
      ASN1_TIME_set(X509_getm_notBefore(made), absl::ToTimeT(now - kBackdated)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(made), absl::ToTimeT(draft.not_after)) == nullptr ||
      X509_set_pubkey(made, key.get()) != 1) {
    return not_made();
  }
  X509V3_CTX context;
  X509V3_set_ctx(&context, signer, made, nullptr, nullptr, 0);
  for (const Extension& wanted : draft.extensions) {
    const ExtensionPtr extension(X509V3_EXT_nconf_nid(nullptr, &context, wanted.nid, wanted.value.c_str()));
    if (extension == nullptr || X509_add_ext(made, extension.get(), -1) != 1) return not_made();
  }
  if (X509_sign(made, issuer_key == nullptr ? key.get() : issuer_key, EVP_sha256()) <= 0) return not_made();

  const BioPtr certificate_text(BIO_new(BIO_s_mem()));
  const BioPtr key_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_text.get(), made) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return not_made();
  }
  return CertificateAndKey{text_in(certificate_text.get()), text_in(key_text.get())};
}

absl::StatusOr<CertificateAndKey> issue(const CertificateAndKey& ca, Draft draft, const std::string& use,
                                        absl::Duration lifetime, absl::Time now) {
  const std::vector<CertificatePtr> certificates = certificates_in(ca.certificate_pem);
  bool encrypted = false;
  const KeyPtr key = key_in(ca.key_pem, &encrypted);
  if (certificates.empty() || key == nullptr || X509_check_ca(certificates.front().get()) != 1 ||
      X509_check_private_key(certificates.front().get(), key.get()) != 1) {
    return make_error(absl::StatusCode::kInvalidArgument, "TLS_CA_INVALID",
                      "these are no certificate of a CA and its key, in PEM and without a passphrase",
                      "make a CA: tinyrig admin certs init DIR");
  }
  const absl::Time ca_end = facts_of(*certificates.front()).not_after;
  if (ca_end <= now) {
    return make_error(absl::StatusCode::kInvalidArgument, "TLS_CERTIFICATE_EXPIRED", "the CA itself has expired",
                      "make another, and give its certificate to all clients: tinyrig admin certs init DIR --force");
  }
  draft.not_after = std::min(now + std::min(lifetime, kLongestLifetime), ca_end);
  const std::vector<Extension> of_all = {{NID_basic_constraints, "critical,CA:FALSE"},
                                         {NID_key_usage, "critical,digitalSignature"},
                                         {NID_ext_key_usage, use},
                                         {NID_subject_key_identifier, "hash"},
                                         {NID_authority_key_identifier, "keyid:always"}};
  draft.extensions.insert(draft.extensions.end(), of_all.begin(), of_all.end());
  return make(draft, certificates.front().get(), key.get(), now);
}

}  // namespace

absl::StatusOr<CertificateAndKey> make_ca(const std::string& name, absl::Time now) {
  TINYRIG_RETURN_IF_ERROR(check_name(name));
  const Draft draft = {name,
                       now + kCaLifetime,
                       {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                        {NID_key_usage, "critical,keyCertSign,cRLSign"},
                        {NID_subject_key_identifier, "hash"}}};
  return make(draft, nullptr, nullptr, now);
}

absl::StatusOr<CertificateAndKey> issue_server(const CertificateAndKey& ca, const std::vector<std::string>& hosts,
                                               absl::Duration lifetime, absl::Time now) {
  TINYRIG_ASSIGN_OR_RETURN(const std::string names, alternative_names(hosts));
  Draft draft;
  if (hosts.front().size() <= kMaxCommonName) draft.common_name = hosts.front();
  // Critical where it is all that names the server.
  draft.extensions = {{NID_subject_alt_name, (draft.common_name.empty() ? "critical," : "") + names}};
  return issue(ca, std::move(draft), "serverAuth", lifetime, now);
}

absl::StatusOr<CertificateAndKey> issue_client(const CertificateAndKey& ca, const std::string& name,
                                               absl::Duration lifetime, absl::Time now) {
  TINYRIG_RETURN_IF_ERROR(check_name(name));
  Draft draft;
  draft.common_name = name;
  return issue(ca, std::move(draft), "clientAuth", lifetime, now);
}

}  // namespace tinyrig::tls
