// Both faces over TLS, on real sockets: who gets in, certificates that change under open streams, slow and foreign
// bytes, and where the daemon does not listen.
#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "server/tls/current_identity.h"
#include "tests/integration/api/api_fixture.h"
#include "tests/support/tls/lab.h"
#include "tests/support/web/web_client.h"
#include "tinyrig/v1/board.grpc.pb.h"
#include "tinyrig/v1/event.grpc.pb.h"

namespace tinyrig::api {
namespace {

using testing_support::Lab;
using testing_support::request_text;
using testing_support::WebConnection;
using testing_support::WebHeaders;
using testing_support::WebResponse;
using testing_support::WebSocketClient;
using testing_support::WebTls;
using testing_support::write_file;
using testing_support::write_pair;

class TlsTest : public ApiTest {
 protected:
  TlsTest() { serve_with(false); }

  // The next start of the API.
  void serve_with(bool mutual) {
    tls::ServerFiles files = write_pair(folder_.path(), "server", pair_);
    if (mutual) {
      files.client_ca = folder_.path() / "ca.crt";
      write_file(files.client_ca, lab_.ca().certificate_pem);
    }
    auto identity = tls::CurrentIdentity::load(files, clock_);
    EXPECT_TRUE(identity.ok()) << identity.status();
    identity_ = *std::move(identity);
    config_.identity = identity_;
  }
  void restart() {
    api_.reset();
    start_api();
  }

  // Shares no connection with another of the same CA.
  std::shared_ptr<grpc::Channel> tls_channel(const tls::CertificateAndKey& ca,
                                             const tls::CertificateAndKey& client = {}) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ca.certificate_pem;
    options.pem_cert_chain = client.certificate_pem;
    options.pem_private_key = client.key_pem;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(api_->grpc_port()), grpc::SslCredentials(options),
                                     arguments);
  }
  static grpc::Status list_boards(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    v1::ListBoardsResponse response;
    const grpc::Status status = v1::BoardService::NewStub(channel)->ListBoards(&context, {}, &response);
    EXPECT_EQ(response.boards_size(), status.ok() ? 2 : 0);
    return status;
  }
  std::optional<WebResponse> post(const WebTls& tls, const WebHeaders& headers = {}) const {
    WebConnection connection(api_->http_port(), tls);
    connection.send(request_text("POST", "/tinyrig.v1.BoardService/ListBoards", api_->http_port(), headers, "{}"));
    return connection.read();
  }

  const Lab lab_;
  const tls::CertificateAndKey pair_ = lab_.server({"127.0.0.1", "farm.lab"});
  const WebTls trusting_{lab_.ca().certificate_pem};
  std::shared_ptr<tls::CurrentIdentity> identity_;
};

TEST_F(TlsTest, GrpcForWhoTrustsTheCa) {
  EXPECT_TRUE(list_boards(tls_channel(lab_.ca())).ok());
  EXPECT_EQ(list_boards(tls_channel(Lab("another").ca())).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(list_boards(channel()).error_code(), grpc::StatusCode::UNAVAILABLE) << "without TLS";
}

TEST_F(TlsTest, JsonAndLiveEventsOfItsOwnPages) {
  const std::string port = ":" + std::to_string(api_->http_port());
  const auto status = [&](const WebHeaders& headers) { return post(trusting_, headers)->status; };
  EXPECT_EQ(status({}), 200U);
  EXPECT_EQ(status({{"Origin", "https://127.0.0.1" + port}}), 200U);
  EXPECT_EQ(status({{"Origin", "http://127.0.0.1" + port}}), 403U);
  EXPECT_EQ(status({{"Host", "farm.lab" + port}}), 200U) << "the certificate names it";
  EXPECT_EQ(status({{"Host", "farm.lab" + port}, {"Origin", "https://farm.lab" + port}}), 200U);
  EXPECT_EQ(status({{"Host", "evil.example" + port}}), 403U);

  const auto [upgraded, socket] =
      WebSocketClient::connect(api_->http_port(), "/ws", {{"Origin", "https://127.0.0.1" + port}}, &trusting_);
  ASSERT_EQ(upgraded, 101U);
  EXPECT_TRUE(socket->read().has_value()) << "the greeting";
  v1::Event told;
  told.mutable_log()->set_text("over TLS");
  bus_.publish(told);
  const auto text = socket->read();
  ASSERT_TRUE(text.has_value());
  EXPECT_NE(text->find("over TLS"), std::string::npos) << *text;
}

TEST_F(TlsTest, MutualTlsOnBothFaces) {
  serve_with(true);
  restart();
  const tls::CertificateAndKey ours = lab_.client();
  const tls::CertificateAndKey theirs = Lab("another").client();
  EXPECT_TRUE(list_boards(tls_channel(lab_.ca(), ours)).ok());
  EXPECT_EQ(list_boards(tls_channel(lab_.ca())).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(list_boards(tls_channel(lab_.ca(), theirs)).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(post({lab_.ca().certificate_pem, ours.certificate_pem, ours.key_pem})->status, 200U);
  EXPECT_EQ(post(trusting_), std::nullopt);
  EXPECT_EQ(post({lab_.ca().certificate_pem, theirs.certificate_pem, theirs.key_pem}), std::nullopt);
}

TEST_F(TlsTest, ANewCertificateOnBothFacesWhileAnOldStreamLivesOn) {
  const auto old_channel = tls_channel(lab_.ca());
  grpc::ClientContext context;
  const auto events = v1::EventService::NewStub(old_channel);
  v1::Event told;
  told.mutable_log()->set_text("to the old stream");
  v1::SubscribeEventsRequest subscribe;
  subscribe.set_after_sequence(bus_.publish(told));
  const auto stream = events->SubscribeEvents(&context, subscribe);
  bus_.publish(told);
  v1::SubscribeEventsResponse received;
  ASSERT_TRUE(stream->Read(&received)) << "it is open";

  const Lab other("another");
  const tls::CertificateAndKey fresh = other.server({"127.0.0.1"});
  const WebTls trusting_other{other.ca().certificate_pem};
  write_file(folder_.path() / "server.crt", fresh.certificate_pem);
  EXPECT_FALSE(identity_->look().ok()) << "the key has not come yet";
  EXPECT_TRUE(list_boards(tls_channel(lab_.ca())).ok());
  EXPECT_EQ(post(trusting_)->status, 200U);
  write_file(folder_.path() / "server.key", fresh.key_pem);
  ASSERT_TRUE(identity_->look().ok());

  EXPECT_TRUE(list_boards(tls_channel(other.ca())).ok());
  EXPECT_EQ(list_boards(tls_channel(lab_.ca())).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(post(trusting_other)->status, 200U);
  EXPECT_NE(WebConnection(api_->http_port(), trusting_).tls_error(), "");
  bus_.publish(told);
  ASSERT_TRUE(stream->Read(&received));
  EXPECT_EQ(received.event().log().text(), "to the old stream");
  EXPECT_TRUE(list_boards(old_channel).ok());
  context.TryCancel();
}

TEST_F(TlsTest, WhoNeverShakesHandsIsCutOffOnBothPorts) {
  config_.handshake_timeout = std::chrono::milliseconds(1000);
  restart();
  for (const std::uint16_t port : {api_->grpc_port(), api_->http_port()}) {
    WebConnection silent(port);
    WebConnection half(port);
    half.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));  // a ClientHello begins
    silent.wait_for_close();
    half.wait_for_close();
  }
  EXPECT_EQ(post(trusting_)->status, 200U);
}

TEST_F(ApiTest, WhoNeverSaysHelloIsCutOffWithoutTlsToo) {
  config_.handshake_timeout = std::chrono::milliseconds(1000);
  api_.reset();
  start_api();
  WebConnection silent(api_->grpc_port());
  silent.wait_for_close();
}

TEST_F(TlsTest, JunkHurtsNeitherPort) {
  for (const std::uint16_t port : {api_->grpc_port(), api_->http_port()}) {
    for (const std::string& bytes :
         {std::string(70'000, '\xff'), std::string("GET / HTTP/1.1\r\n\r\n"),
          std::string("\x16\x03\x01\x40\x00\x01\x00\x3f\xfc", 9) + std::string(0x3ffc, '\x07')}) {
      WebConnection connection(port);
      connection.send(bytes);
      connection.wait_for_close();
    }
  }
  EXPECT_TRUE(list_boards(tls_channel(lab_.ca())).ok());
  EXPECT_EQ(post(trusting_)->status, 200U);
}

TEST_F(TlsTest, HeadersOfACallHaveALimit) {
  const auto boards = v1::BoardService::NewStub(tls_channel(lab_.ca()));
  grpc::ClientContext context;
  context.AddMetadata("x-long", std::string(20'000, 'x'));
  v1::ListBoardsResponse response;
  EXPECT_EQ(boards->ListBoards(&context, {}, &response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(TlsTest, BeyondLoopbackItDoesNotListenWithoutTokens) {
  api_.reset();
  const ApiDependencies parts{*store_, *queue_, *holds_, bus_, *directory_, desk_, *access_, context_.get_executor()};
  for (std::string* listen : {&config_.grpc_listen, &config_.http_listen}) {
    const std::string loopback = std::exchange(*listen, "0.0.0.0:0");
    EXPECT_EQ(reason_of(ApiServer::start(config_, parts).status()), "NETWORK_UNPROTECTED");
    *listen = loopback;
  }
}

}  // namespace
}  // namespace tinyrig::api
