#include "server/tls/server_identity.h"

#include <openssl/err.h>

#include <string_view>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/tls/pem_files.h"

namespace tinyrig::tls {
namespace {

// Of TLS 1.2; those of 1.3 are all good.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view kAlpn = "\x08http/1.1";
constexpr unsigned char kSessionContext[] = "tinyrigd";

// A client that speaks other protocols only is told so, instead of being answered in one that it does not know.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, chosen_size, reinterpret_cast<const unsigned char*>(kAlpn.data()),
                                           static_cast<unsigned>(kAlpn.size()), offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool take_clients_of(SSL_CTX* context, const std::vector<CertificatePtr>& authorities) {
  for (const CertificatePtr& authority : authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return false;
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return true;
}

// Null: openssl_error() says why.
ContextPtr make_context(const std::vector<CertificatePtr>& chain, EVP_PKEY* key,
                        const std::vector<CertificatePtr>& client_authorities) {
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return nullptr;
  bool good = SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1 &&
              SSL_CTX_set_cipher_list(context.get(), kCiphers) == 1 &&
              SSL_CTX_use_certificate(context.get(), chain.front().get()) == 1 &&
              SSL_CTX_use_PrivateKey(context.get(), key) == 1 &&
              SSL_CTX_set_session_id_context(context.get(), kSessionContext, sizeof(kSessionContext) - 1) == 1;
  for (std::size_t i = 1; good && i < chain.size(); ++i) {
    good = SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) == 1;
  }
  if (good && !client_authorities.empty()) good = take_clients_of(context.get(), client_authorities);
  if (!good) return nullptr;
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServerIdentity>> ServerIdentity::load(const ServerFiles& files, absl::Time now) {
  TINYRIG_ASSIGN_OR_RETURN(KeyedCertificate pair, read_pair(files.certificate, files.key, PairFor::kServer, now));
  std::shared_ptr<ServerIdentity> identity(new ServerIdentity());
  std::vector<CertificatePtr> client_authorities;
  if (!files.client_ca.empty()) {
    TINYRIG_ASSIGN_OR_RETURN(identity->client_ca_pem_, read_pem_file(files.client_ca));
    TINYRIG_ASSIGN_OR_RETURN(client_authorities,
                             read_authorities(identity->client_ca_pem_, files.client_ca, "TLS_CLIENT_CA_INVALID", now));
  }
  identity->context_ = make_context(pair.chain, pair.key.get(), client_authorities);
  if (identity->context_ == nullptr) {
    return make_error(absl::StatusCode::kInvalidArgument, "TLS_REFUSED",
                      files.certificate.string() + " and " + files.key.string() + " cannot be used: " + openssl_error(),
                      "use an EC key (P-256), or an RSA key of 2048 bits or more");
  }
  identity->certificate_pem_ = std::move(pair.certificate_pem);
  identity->key_pem_ = std::move(pair.key_pem);
  identity->facts_ = std::move(pair.facts);
  identity->certificate_ = std::move(pair.chain.front());
  return std::shared_ptr<const ServerIdentity>(std::move(identity));
}

bool ServerIdentity::same_as(const ServerIdentity& other) const {
  return certificate_pem_ == other.certificate_pem_ && key_pem_ == other.key_pem_ &&
         client_ca_pem_ == other.client_ca_pem_;
}

SSL_CTX* ServerIdentity::new_reference_to_context() const {
  SSL_CTX_up_ref(context_.get());
  return context_.get();
}

}  // namespace tinyrig::tls
