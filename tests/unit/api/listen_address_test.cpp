#include "server/api/http/listen_address.h"

#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::api {
namespace {

TEST(ListenAddress, HostAndPort) {
  const auto v4 = parse_listen_address("127.0.0.1:8080");
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 8080);
  const auto v6 = parse_listen_address("[::1]:0");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 0);
}

TEST(ListenAddress, NonsenseIsRefused) {
  for (const char* text :
       {"", "8080", ":8080", "localhost", "localhost:", "localhost:http", "localhost:65536", "localhost:-1",
        "localhost:80x", "::1:80", "example.org:80", "localhost.:80", "[]:80", "[::1:80", "a:1:2"}) {
    EXPECT_EQ(reason_of(parse_listen_address(text).status()), "LISTEN_ADDRESS_INVALID") << text;
  }
}

TEST(ListenAddress, WhoReachesIt) {
  for (const char* text : {"0.0.0.0:0", "[::]:0", "192.0.2.1:80", "[::ffff:192.0.2.1]:80", "[::ffff:127.0.0.1]:80"}) {
    const auto address = parse_listen_address(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_FALSE(address->loopback) << text;
  }
  for (const char* text : {"localhost:0", "127.8.9.1:0", "[::1]:0"}) {
    EXPECT_TRUE(parse_listen_address(text)->loopback) << text;
  }
}

}  // namespace
}  // namespace tinyrig::api
