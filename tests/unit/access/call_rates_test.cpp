#include "server/access/call_rates.h"

#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::access {
namespace {

int calls_taken(CallRates& rates, const std::string& user, absl::Time now) {
  int taken = 0;
  while (taken < 1000 && rates.take(user, now).ok()) ++taken;
  return taken;
}

TEST(CallRatesTest, ABurstThenASteadyRate) {
  CallRates rates(10);
  const absl::Time start = absl::FromUnixSeconds(1'000);
  EXPECT_EQ(calls_taken(rates, "ann", start), 20);
  EXPECT_EQ(reason_of(rates.take("ann", start)), "RATE_LIMITED");
  EXPECT_EQ(calls_taken(rates, "bob", start), 20) << "one user's calls are not another's";
  EXPECT_EQ(calls_taken(rates, "ann", start + absl::Milliseconds(99)), 0);
  EXPECT_EQ(calls_taken(rates, "ann", start + absl::Milliseconds(300)), 3);
  EXPECT_EQ(calls_taken(rates, "ann", start + absl::Hours(1)), 20);
  EXPECT_EQ(calls_taken(rates, "ann", start), 0) << "a clock that was set back fills nothing";
}

TEST(CallRatesTest, ZeroIsNoLimit) {
  CallRates rates(0);
  EXPECT_EQ(calls_taken(rates, "ann", absl::FromUnixSeconds(0)), 1000);
}

}  // namespace
}  // namespace tinyrig::access
