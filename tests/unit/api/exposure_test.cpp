#include "server/api/exposure.h"

#include <gmock/gmock.h>

#include "server/base/error.h"

namespace tinyrig::api {
namespace {

using ::testing::HasSubstr;

Exposure exposure(const std::string& http, bool tls, bool tokens, bool allowed) {
  return {{"127.0.0.1:50051", http}, tls, tokens, allowed};
}

TEST(Exposure, LoopbackNeedsNothing) {
  for (const char* address : {"127.0.0.1:8080", "[::1]:8080", "localhost:8080"}) {
    EXPECT_TRUE(check_exposure(exposure(address, false, false, false)).ok()) << address;
  }
}

TEST(Exposure, TheNetworkNeedsBoth) {
  for (const char* address : {"0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080"}) {
    EXPECT_TRUE(check_exposure(exposure(address, true, true, false)).ok()) << address;
    for (const bool tls : {false, true}) {
      for (const bool tokens : {false, true}) {
        if (tls && tokens) continue;
        const absl::Status refused = check_exposure(exposure(address, tls, tokens, false));
        EXPECT_EQ(reason_of(refused), "NETWORK_UNPROTECTED") << address;
        const std::string message(refused.message());
        EXPECT_THAT(message, HasSubstr(address));
        EXPECT_EQ(message.find("without TLS") == std::string::npos, tls) << message;
        EXPECT_EQ(message.find("without tokens") == std::string::npos, tokens) << message;
        EXPECT_THAT(hint_of(refused), HasSubstr("--allow-unprotected-network"));
        EXPECT_EQ(hint_of(refused).find("--tls-cert") == std::string::npos, tls);
        EXPECT_EQ(hint_of(refused).find("--tokens") == std::string::npos, tokens);
      }
    }
  }
}

TEST(Exposure, EachAddressCounts) {
  const absl::Status refused = check_exposure({{"0.0.0.0:50051", "127.0.0.1:8080"}, true, false, false});
  EXPECT_EQ(reason_of(refused), "NETWORK_UNPROTECTED");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("0.0.0.0:50051"));
}

TEST(Exposure, WhoSaysSoMay) {
  EXPECT_TRUE(check_exposure(exposure("0.0.0.0:8080", false, false, true)).ok());
  EXPECT_EQ(reason_of(check_exposure(exposure("nonsense", false, false, true))), "LISTEN_ADDRESS_INVALID");
}

}  // namespace
}  // namespace tinyrig::api
