#include "server/tls/pem_files.h"

#include <openssl/err.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig::tls {
namespace {

constexpr std::size_t kMaxFileBytes = 1024 * 1024;

absl::Status invalid(std::string reason, std::string message, std::string hint) {
  return make_error(absl::StatusCode::kInvalidArgument, std::move(reason), std::move(message), std::move(hint));
}

absl::Status check_mode(const std::filesystem::path& key) {
  struct stat there {};
  if (::stat(key.c_str(), &there) != 0 || (there.st_mode & (S_IRWXO | S_IWGRP)) == 0) return absl::OkStatus();
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", there.st_mode & 07777U);
  return invalid("TLS_KEY_EXPOSED", "others may read or change the key " + key.string() + " (mode " + mode.data() + ")",
                 "chmod 600 " + key.string() +
                     " (640 if nobody else is in its group); was it so for long, make a "
                     "new key");
}

absl::Status check_certificate(const CertificateFacts& facts, const std::string& file, PairFor use, absl::Time now) {
  const std::string from = absl::FormatTime(absl::RFC3339_sec, facts.not_before, absl::UTCTimeZone());
  const std::string until = absl::FormatTime(absl::RFC3339_sec, facts.not_after, absl::UTCTimeZone());
  if (now > facts.not_after) {
    return invalid("TLS_CERTIFICATE_EXPIRED", "the certificate in " + file + " has expired at " + until,
                   "renew it (of a lab CA: tinyrig admin certs, with --force)");
  }
  if (now < facts.not_before) {
    return invalid("TLS_CERTIFICATE_NOT_YET_VALID", "the certificate in " + file + " is valid from " + from + " on",
                   "is this machine's clock right? (date -u)");
  }
  if (use == PairFor::kServer && !facts.for_servers) {
    return invalid("TLS_CERTIFICATE_NOT_FOR_SERVERS",
                   "the certificate in " + file + " (" + facts.subject + ") is not one of a server",
                   "name the server's certificate first in the file (of a lab CA: tinyrig admin certs server)");
  }
  if (use == PairFor::kClient && !facts.for_clients) {
    return invalid("TLS_CERTIFICATE_NOT_FOR_CLIENTS",
                   "the certificate in " + file + " (" + facts.subject + ") is not one of a client",
                   "name a client's certificate (of a lab CA: tinyrig admin certs client)");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> read_pem_file(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMaxFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto size = static_cast<std::size_t>(stream.gcount());
  if (!stream.eof() || size > kMaxFileBytes) {
    const std::string why = size > kMaxFileBytes ? "it is larger than 1 MiB" : std::strerror(errno);
    return invalid("TLS_FILE_UNREADABLE", "cannot read " + file.string() + ": " + why,
                   "name a PEM file that this user may read");
  }
  text.resize(size);
  return text;
}

absl::StatusOr<KeyedCertificate> read_pair(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                           PairFor use, absl::Time now) {
  const std::string certificate_file = certificate.string();
  const std::string key_file = key.string();
  KeyedCertificate pair;
  TINYRIG_ASSIGN_OR_RETURN(pair.certificate_pem, read_pem_file(certificate));
  TINYRIG_ASSIGN_OR_RETURN(pair.key_pem, read_pem_file(key));
  TINYRIG_RETURN_IF_ERROR(check_mode(key));
  TINYRIG_ASSIGN_OR_RETURN(pair.facts, facts_of_pem(pair.certificate_pem, certificate_file));
  TINYRIG_RETURN_IF_ERROR(check_certificate(pair.facts, certificate_file, use, now));
  bool encrypted = false;
  pair.key = key_in(pair.key_pem, &encrypted);
  if (pair.key == nullptr) {
    return invalid("TLS_KEY_INVALID",
                   key_file + (encrypted ? " wants a passphrase, for which nobody is asked"
                                         : " holds no private key in PEM, or a broken one"),
                   encrypted ? "write it without one: openssl pkey -in " + key_file + " -out NEW"
                             : "it begins with -----BEGIN PRIVATE KEY-----; is it the right file, and whole?");
  }
  pair.chain = certificates_in(pair.certificate_pem);
  if (X509_check_private_key(pair.chain.front().get(), pair.key.get()) != 1) {
    ERR_clear_error();
    return invalid("TLS_KEY_MISMATCH", "the key " + key_file + " is not that of the certificate " + certificate_file,
                   "name the two that were made together");
  }
  return pair;
}

absl::StatusOr<std::vector<CertificatePtr>> read_authorities(const std::string& pem, const std::filesystem::path& file,
                                                             const std::string& reason, absl::Time now) {
  std::vector<CertificatePtr> authorities = certificates_in(pem);
  bool good = !authorities.empty();
  for (const CertificatePtr& authority : authorities) {
    const CertificateFacts facts = facts_of(*authority);
    good = good && facts.is_ca && facts.not_after >= now;
  }
  if (!good) {
    return invalid(
        reason,
        file.string() + " holds no certificate of a CA in PEM, or also one that is none, or one that has expired",
        "name the certificate of the CA (of a lab CA: its ca.crt)");
  }
  return authorities;
}

}  // namespace tinyrig::tls
