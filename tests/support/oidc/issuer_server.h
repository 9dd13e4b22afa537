// An issuer's server on loopback: HTTP over TLS, and every answer as the test says it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tests/support/oidc/test_authority.h"

namespace tinyrig::test {

class IssuerServer {
 public:
  /// What it does with whoever connects.
  enum class Manner { kAnswers, kHangsUp, kIsSilent };

  IssuerServer(boost::asio::io_context& io, const ServerCertificate& certificate);
  ~IssuerServer();
  IssuerServer(const IssuerServer&) = delete;
  IssuerServer& operator=(const IssuerServer&) = delete;

  /// "https://localhost:PORT".
  std::string url() const;
  /// The bytes that answer a GET of `path`; 404 of others.
  void answer(const std::string& path, std::string bytes);
  /// Answers with a discovery document, and these keys.
  void serve_keys(const std::string& key_set);
  void set_manner(Manner manner);
  /// How many requests of `path` there were.
  int requests(const std::string& path) const;

  static constexpr char kDiscoveryPath[] = "/.well-known/openid-configuration";
  static constexpr char kKeysPath[] = "/keys";

 private:
  class State;
  std::shared_ptr<State> state_;
};

/// An HTTP answer.
std::string http_answer(const std::string& status, const std::string& body, const std::string& headers = "");

}  // namespace tinyrig::test
