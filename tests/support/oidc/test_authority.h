// A certificate authority of a test: signs certificates of servers for a day.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "tests/support/oidc/signing_key.h"

namespace tinyrig::test {

struct ServerCertificate {
  std::string certificate_pem;
  std::string key_pem;
};

class TestAuthority {
 public:
  TestAuthority();

  std::string certificate_pem() const;
  /// For one DNS name.
  ServerCertificate issue(const std::string& host) const;

 private:
  SigningKey key_ = SigningKey::p256();
  std::shared_ptr<X509> certificate_;
};

}  // namespace tinyrig::test
