// The real tinyrig binary over TLS: what gets through, and what it says when something does not.
#include <gmock/gmock.h>

#include "server/tls/current_identity.h"
#include "tests/integration/api/api_fixture.h"
#include "tests/integration/api/spawned.h"
#include "tests/support/tls/lab.h"

namespace tinyrig::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::Ended;
using testing_support::Lab;
using testing_support::Spawned;
using testing_support::write_file;
using testing_support::write_pair;

class TlsCliTest : public ApiTest {
 protected:
  void serve(bool mutual = false) {
    tls::ServerFiles files = write_pair(folder_.path(), "server", lab_.server({"127.0.0.1"}));
    if (mutual) files.client_ca = ca_;
    auto identity = tls::CurrentIdentity::load(files, clock_);
    ASSERT_TRUE(identity.ok()) << identity.status();
    config_.identity = *std::move(identity);
    api_.reset();
    start_api();
  }
  Ended boards(const std::string& server, std::vector<std::string> options) const {
    options.insert(options.begin(),
                   {TINYRIG_CLI, "--server", server + ":" + std::to_string(api_->grpc_port()), "boards"});
    return Spawned(options).wait();
  }
  static void expect_failed(const Ended& ended, int exit_code, const std::string& reason, const std::string& words) {
    EXPECT_EQ(ended.exit_code, exit_code) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("[" + reason + "]"));
    EXPECT_THAT(ended.err, HasSubstr(words));
    EXPECT_THAT(ended.err, HasSubstr("hint: "));
    EXPECT_THAT(ended.err, Not(HasSubstr("ssl_transport_security"))) << "gRPC's own log is no answer";
  }
  std::string file(const std::string& name, const std::string& text) const {
    write_file(folder_.path() / name, text);
    return (folder_.path() / name).string();
  }

  const Lab lab_;
  const std::string ca_ = file("ca.crt", lab_.ca().certificate_pem);
};

TEST_F(TlsCliTest, ACaOrHttpsMeansTls) {
  serve();
  for (const char* server : {"127.0.0.1", "https://127.0.0.1"}) {
    const Ended ended = boards(server, {"--tls-ca", ca_});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("big-1"));
  }
  expect_failed(boards("https://127.0.0.1", {}), 4, "TLS_NOT_TRUSTED", "--tls-ca FILE");
}

TEST_F(TlsCliTest, ServersThatAreNotWhatTheySay) {
  serve();
  const std::string other = file("other.crt", Lab("another").ca().certificate_pem);
  expect_failed(boards("127.0.0.1", {"--tls-ca", other}), 4, "TLS_NOT_TRUSTED", "--tls-ca FILE");
  expect_failed(boards("localhost", {"--tls-ca", ca_}), 4, "TLS_NAME_MISMATCH", "localhost");
}

TEST_F(TlsCliTest, OneSideSpeaksNoTls) {
  expect_failed(boards("127.0.0.1", {"--tls-ca", ca_}), 4, "TLS_NOT_SPOKEN", "https://127.0.0.1");
  EXPECT_EQ(boards("http://127.0.0.1", {}).exit_code, 0);
  serve();
  expect_failed(boards("127.0.0.1", {}), 4, "SERVER_CLOSED", "--server https://127.0.0.1");
}

TEST_F(TlsCliTest, MutualTls) {
  serve(true);
  const tls::ServerFiles ours = write_pair(folder_.path(), "client", lab_.client());
  const tls::ServerFiles theirs = write_pair(folder_.path(), "theirs", Lab("another").client());
  const auto with = [&](const tls::ServerFiles& client) {
    return boards("127.0.0.1", {"--tls-ca", ca_, "--tls-cert", client.certificate, "--tls-key", client.key});
  };
  EXPECT_EQ(with(ours).exit_code, 0);
  expect_failed(with(theirs), 4, "TLS_REFUSED", "--tls-cert FILE");
  expect_failed(boards("127.0.0.1", {"--tls-ca", ca_}), 4, "TLS_REFUSED", "--tls-cert FILE");
}

TEST_F(TlsCliTest, FilesThatAreNotGood) {
  const tls::ServerFiles client = write_pair(folder_.path(), "client", lab_.client());
  const tls::ServerFiles server = write_pair(folder_.path(), "server", lab_.server());
  expect_failed(boards("127.0.0.1", {"--tls-ca", "/nowhere/ca.crt"}), 2, "TLS_FILE_UNREADABLE", "/nowhere/ca.crt");
  expect_failed(boards("127.0.0.1", {"--tls-ca", client.certificate}), 2, "TLS_CA_INVALID", "client.crt");
  expect_failed(boards("127.0.0.1", {"--tls-cert", client.certificate, "--tls-key", server.key}), 2, "TLS_KEY_MISMATCH",
                "server.key");
  expect_failed(boards("127.0.0.1", {"--tls-cert", server.certificate, "--tls-key", server.key}), 2,
                "TLS_CERTIFICATE_NOT_FOR_CLIENTS", "server.crt");
  EXPECT_EQ(boards("127.0.0.1", {"--tls-cert", client.certificate}).exit_code, 2) << "no key";
}

}  // namespace
}  // namespace tinyrig::api
