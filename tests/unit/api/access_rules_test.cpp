#include "server/api/http/access_rules.h"

#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::api {
namespace {

HttpRequest with(std::vector<std::pair<std::string, std::string>> headers) {
  HttpRequest request;
  request.headers = std::move(headers);
  return request;
}

TEST(CheckHost, LoopbackNamesAreServed) {
  for (const char* host : {"localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3:80",
                           "[::1]", "[::1]:8080"}) {
    EXPECT_TRUE(check_host(with({{"host", host}}), {}).ok()) << host;
  }
}

TEST(CheckHost, OtherNamesAreRefused) {
  // Names that a rebinding page could carry, and near misses of the loopback ones.
  for (const char* host :
       {"", "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1.5",
        "127.1", "0127.0.0.1", "128.0.0.1", "[::2]:80", "[::1", "[::1]x", "localhost:", "localhost:80a", ":80",
        "127.0.0.1:80:80", "127..0.1", "localhost@evil.example"}) {
    const absl::Status status = check_host(with({{"host", host}}), {});
    EXPECT_EQ(reason_of(status), "HTTP_HOST_REFUSED") << host;
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << host;
  }
}

TEST(CheckHost, ExactlyOneHeader) {
  EXPECT_FALSE(check_host(with({}), {}).ok());
  EXPECT_FALSE(check_host(with({{"host", "localhost"}, {"host", "localhost"}}), {}).ok());
}

TEST(CheckHost, AllowedNames) {
  const AccessRules rules{.allowed_hosts = {"farm.lab"}};
  EXPECT_TRUE(check_host(with({{"host", "Farm.Lab:8080"}}), rules).ok());
  EXPECT_FALSE(check_host(with({{"host", "other.lab:8080"}}), rules).ok());
}

TEST(CheckOrigin, NoneOrTheSame) {
  EXPECT_TRUE(check_origin(with({{"host", "localhost:8080"}}), {}).ok());
  EXPECT_TRUE(check_origin(with({{"host", "localhost:8080"}, {"origin", "http://localhost:8080"}}), {}).ok());
}

TEST(CheckOrigin, OthersAreRefused) {
  for (const char* origin : {"http://evil.example", "null", "http://localhost:3000", "http://localhost", "",
                             "https://localhost:8080", "http://localhost:8080/", "http://127.0.0.1:8080"}) {
    const absl::Status status = check_origin(with({{"host", "localhost:8080"}, {"origin", origin}}), {});
    EXPECT_EQ(reason_of(status), "HTTP_ORIGIN_REFUSED") << origin;
  }
  EXPECT_FALSE(check_origin(with({{"origin", "http://localhost:8080"}}), {}).ok());
  EXPECT_FALSE(
      check_origin(
          with({{"host", "localhost:8080"}, {"origin", "http://localhost:8080"}, {"origin", "http://localhost:8080"}}),
          {})
          .ok());
}

TEST(CheckContentType, OnlyJson) {
  for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                           "application/json;charset=UTF-8", "application/json ; charset=\"utf-8\""}) {
    EXPECT_TRUE(check_json_content_type(with({{"content-type", type}})).ok()) << type;
  }
  // The first three are what a form of another site can send without asking.
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "",
                           "application/jsonp", "application/json; charset=latin1", "text/plain; application/json"}) {
    const absl::Status status = check_json_content_type(with({{"content-type", type}}));
    EXPECT_EQ(reason_of(status), "HTTP_CONTENT_TYPE_REFUSED") << type;
  }
  EXPECT_FALSE(check_json_content_type(with({})).ok());
}

}  // namespace
}  // namespace tinyrig::api
