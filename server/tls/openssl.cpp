#include "server/tls/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace tinyrig::tls {
namespace {

BioPtr reader_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Instead of OpenSSL's own, which would ask on the terminal.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

std::string openssl_error() {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  if (first == 0) return "OpenSSL does not say why";
  const char* reason = ERR_reason_error_string(first);
  return reason == nullptr ? "OpenSSL's error " + std::to_string(first) : reason;
}

std::vector<CertificatePtr> certificates_in(const std::string& pem) {
  const BioPtr reader = reader_of(pem);
  std::vector<CertificatePtr> certificates;
  ERR_clear_error();
  while (X509* one = PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)) certificates.emplace_back(one);
  // At the end of the text it finds no more; anything else is a broken one.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) certificates.clear();
  ERR_clear_error();
  return certificates;
}

KeyPtr key_in(const std::string& pem, bool* encrypted) {
  *encrypted = false;
  KeyPtr key(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, no_passphrase, encrypted));
  ERR_clear_error();
  return key;
}

std::string text_in(BIO* memory) {
  char* begin = nullptr;
  const long size = BIO_get_mem_data(memory, &begin);
  return size <= 0 ? std::string() : std::string(begin, static_cast<std::size_t>(size));
}

}  // namespace tinyrig::tls
