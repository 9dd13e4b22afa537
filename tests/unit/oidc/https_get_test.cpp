// Over real TLS on loopback.
#include "server/oidc/https_get.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <fstream>
#include <optional>

#include "server/base/error.h"
#include "tests/support/oidc/issuer_server.h"

namespace tinyrig::oidc {
namespace {

namespace asio = boost::asio;
using test::http_answer;
using test::IssuerServer;
using testing::HasSubstr;

class HttpsGet : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(ca_file_) << authority_.certificate_pem(); }
  void TearDown() override { std::filesystem::remove(ca_file_); }

  absl::StatusOr<std::string> get(const std::string& url, const std::filesystem::path& ca_file) {
    std::optional<absl::StatusOr<std::string>> body;
    const HttpsUrl parsed = parse_https_url(url).value();
    asio::co_spawn(io_, https_get(parsed, ca_file, limits_),
                   [&](const std::exception_ptr&, absl::StatusOr<std::string> result) { body = std::move(result); });
    while (!body.has_value()) io_.run_one();
    return *std::move(body);
  }

  void expect_failure(const std::string& url, const std::filesystem::path& ca_file, const std::string& says) {
    const auto body = get(url, ca_file);
    ASSERT_FALSE(body.ok());
    EXPECT_EQ(body.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(reason_of(body.status()), "HTTPS_FAILED");
    EXPECT_THAT(std::string(body.status().message()), HasSubstr("GET " + url + ": "));
    EXPECT_THAT(std::string(body.status().message()), HasSubstr(says));
  }

  asio::io_context io_;
  test::TestAuthority authority_;
  IssuerServer server_{io_, authority_.issue("localhost")};
  const std::filesystem::path ca_file_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("https_get_") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".pem");
  HttpsLimits limits_;
};

TEST_F(HttpsGet, BringsTheBody) {
  server_.answer("/a/b", http_answer("200 OK", "{\"a\":1}"));
  EXPECT_EQ(*get(server_.url() + "/a/b", ca_file_), "{\"a\":1}");
  server_.answer("/", http_answer("200 OK", "root"));
  EXPECT_EQ(*get(server_.url(), ca_file_), "root");
  server_.answer("/chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(*get(server_.url() + "/chunks", ca_file_), "abcde");
}

TEST_F(HttpsGet, OnlyCertificatesOfTheAuthorityAreTaken) {
  server_.answer("/", http_answer("200 OK", "x"));
  const std::filesystem::path other_file = ca_file_.string() + ".other";
  std::ofstream(other_file) << test::TestAuthority().certificate_pem();
  expect_failure(server_.url() + "/", other_file, "certificate is refused");
  expect_failure(server_.url() + "/", "", "certificate is refused");
  EXPECT_EQ(server_.requests("/"), 0);
  std::filesystem::remove(other_file);
}

TEST_F(HttpsGet, OnlyCertificatesOfTheHostAreTaken) {
  IssuerServer impostor(io_, authority_.issue("other.example"));
  impostor.answer("/", http_answer("200 OK", "x"));
  expect_failure(impostor.url() + "/", ca_file_, "certificate");
  EXPECT_EQ(impostor.requests("/"), 0);
}

TEST_F(HttpsGet, RedirectsAreNotFollowed) {
  server_.answer("/", http_answer("302 Found", "", "Location: " + server_.url() + "/elsewhere\r\n"));
  server_.answer("/elsewhere", http_answer("200 OK", "x"));
  expect_failure(server_.url() + "/", ca_file_, "answered 302; redirects are not followed");
  EXPECT_EQ(server_.requests("/elsewhere"), 0);
  expect_failure(server_.url() + "/absent", ca_file_, "answered 404");
}

TEST_F(HttpsGet, SizeIsLimited) {
  limits_.body_bytes = 100;
  server_.answer("/fits", http_answer("200 OK", std::string(100, 'x')));
  EXPECT_EQ(get(server_.url() + "/fits", ca_file_)->size(), 100u);
  server_.answer("/announced", http_answer("200 OK", std::string(101, 'x')));
  expect_failure(server_.url() + "/announced", ca_file_, "the answer has over 100 bytes");
  server_.answer("/unannounced", "HTTP/1.1 200 OK\r\n\r\n" + std::string(5'000, 'x'));
  expect_failure(server_.url() + "/unannounced", ca_file_, "the answer has over 100 bytes");
  server_.answer("/header", "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  expect_failure(server_.url() + "/header", ca_file_, "header limit");
}

TEST_F(HttpsGet, AnswersThatAreCutShortAreNone) {
  server_.answer("/length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  expect_failure(server_.url() + "/length", ca_file_, "");
  server_.answer("/none", "HTTP/1.1 200 OK\r\n\r\nhalf");  // ended without TLS saying so
  expect_failure(server_.url() + "/none", ca_file_, "");
  server_.answer("/nonsense", "hello");
  expect_failure(server_.url() + "/nonsense", ca_file_, "");
  server_.set_manner(IssuerServer::Manner::kHangsUp);
  expect_failure(server_.url() + "/", ca_file_, "");
}

TEST_F(HttpsGet, NobodyIsWaitedForForEver) {
  limits_.time = std::chrono::milliseconds(50);
  server_.set_manner(IssuerServer::Manner::kIsSilent);
  expect_failure(server_.url() + "/", ca_file_, "took longer than 50 ms");
}

TEST_F(HttpsGet, NamesWhoCannotBeReached) {
  expect_failure("https://localhost:1/x", ca_file_, "refused");
  expect_failure("https://nobody.invalid/x", ca_file_, "");
}

TEST_F(HttpsGet, AnAuthorityMustBeACertificate) {
  EXPECT_TRUE(check_ca_file(ca_file_).ok());
  EXPECT_TRUE(check_ca_file("").ok());
  std::ofstream(ca_file_) << "nonsense";
  EXPECT_EQ(reason_of(check_ca_file(ca_file_)), "CA_FILE_INVALID");
  EXPECT_EQ(reason_of(check_ca_file("/nowhere.pem")), "CA_FILE_INVALID");
}

TEST(HttpsUrl, IsTakenApart) {
  const auto url = parse_https_url("https://CI.Example:8443/a/b-c_d.e");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "ci.example");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->path, "/a/b-c_d.e");
  EXPECT_EQ(url->text(), "https://ci.example:8443/a/b-c_d.e");
  EXPECT_EQ(parse_https_url("https://a:443/")->text(), "https://a/");
  EXPECT_TRUE(parse_https_url("https://a")->same_origin(*parse_https_url("https://A:443/x")));
  EXPECT_FALSE(parse_https_url("https://a")->same_origin(*parse_https_url("https://a:444")));
  EXPECT_FALSE(parse_https_url("https://a")->same_origin(*parse_https_url("https://b")));
}

TEST(HttpsUrl, OthersAreRefused) {
  for (const char* text : {"",
                           "https://",
                           "http://a",
                           "HTTPS://a",
                           "ftp://a",
                           "a",
                           "https:///x",
                           "https://a:",
                           "https://a:0",
                           "https://a:65536",
                           "https://a:+1",
                           "https://a:1:2",
                           "https://me@a",
                           "https://me:pw@a/",
                           "https://a b",
                           "https://a/x?y",
                           "https://a/x#y",
                           "https://a/\r\nX: y",
                           "https://a\\b",
                           "https://[::1]/",
                           "https://a/\"",
                           " https://a"}) {
    const auto url = parse_https_url(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(reason_of(url.status()), "URL_INVALID");
  }
}

}  // namespace
}  // namespace tinyrig::oidc
