#include "server/api/grpc_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <mutex>
#include <utility>

namespace tinyrig::api {
namespace {

// gRPC's C++ can only watch files by itself, with a thread, and takes a certificate whose key has not come yet; its C
// core asks before each handshake.
class ReloadingCredentials final : public grpc::ServerCredentials {
 public:
  explicit ReloadingCredentials(std::shared_ptr<const tls::CurrentIdentity> identity)
      : identity_(std::move(identity)),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                identity_->get()->client_ca_pem().empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                                          : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY,
                &ReloadingCredentials::fetch, this))) {}
  ~ReloadingCredentials() override { grpc_server_credentials_release(credentials_); }
  ReloadingCredentials(const ReloadingCredentials&) = delete;
  ReloadingCredentials& operator=(const ReloadingCredentials&) = delete;

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status fetch(void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<ReloadingCredentials*>(self)->fetch_into(config);
  }

  grpc_ssl_certificate_config_reload_status fetch_into(grpc_ssl_server_certificate_config** config) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<const tls::ServerIdentity> now = identity_->get();
    if (now == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {now->key_pem().c_str(), now->certificate_pem().c_str()};
    // It insists on some CA, also when no client is asked for a certificate and nothing is done with it.
    const std::string& client_ca = now->client_ca_pem().empty() ? now->certificate_pem() : now->client_ca_pem();
    *config = grpc_ssl_server_certificate_config_create(client_ca.c_str(), &pair, 1);
    given_ = std::move(now);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const std::shared_ptr<const tls::CurrentIdentity> identity_;
  std::mutex mutex_;
  std::shared_ptr<const tls::ServerIdentity> given_;  // guarded by mutex_
  grpc_server_credentials* const credentials_;        // asks fetch() from its creation on: last of all
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> tls_credentials(std::shared_ptr<const tls::CurrentIdentity> identity) {
  return std::make_shared<ReloadingCredentials>(std::move(identity));
}

}  // namespace tinyrig::api
