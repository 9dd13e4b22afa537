#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "server/store/retention.h"

namespace tinyrig::store {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::int64_t micros_ago(absl::Duration ago) { return absl::ToUnixMicros(kNow - ago); }

TEST(RetentionPlan, WithoutLimitsNothingGoes) {
  const std::vector<KeptItem> items = {{1, 0, 1'000'000}, {2, 1, 1}};
  EXPECT_EQ(plan_removal(items, 1'000'001, UINT64_MAX, {}, kNow).count, 0u);
  EXPECT_FALSE(next_removal(items[0], 1'000'001, 5, {}, kNow).has_value());
}

TEST(RetentionPlan, AQuotaIsWhatMayBeKeptAndNotLess) {
  const std::vector<KeptItem> items = {{1, 0, 40}, {2, 1, 60}};
  EXPECT_EQ(plan_removal(items, 100, 0, {.quota_bytes = 100}, kNow).count, 0u);
  EXPECT_EQ(plan_removal(items, 100, 1, {.quota_bytes = 100}, kNow).count, 1u);
  EXPECT_EQ(plan_removal(items, 100, 40, {.quota_bytes = 100}, kNow).count, 1u);
  EXPECT_EQ(plan_removal(items, 100, 41, {.quota_bytes = 100}, kNow).count, 2u);
  EXPECT_TRUE(fits_quota(100, {.quota_bytes = 100}));
  EXPECT_FALSE(fits_quota(101, {.quota_bytes = 100}));
}

TEST(RetentionPlan, WhatLiesInTheFutureIsNotOld) {
  EXPECT_FALSE(has_expired(micros_ago(-absl::Hours(10'000)), {.keep = absl::Hours(1)}, kNow));
  EXPECT_FALSE(has_expired(micros_ago(absl::Hours(1)), {.keep = absl::Hours(1)}, kNow));
  EXPECT_TRUE(has_expired(micros_ago(absl::Hours(1)) - 1, {.keep = absl::Hours(1)}, kNow));
}

// What holds for every plan, of whatever there is.
TEST(RetentionPlan, TheOldestGoAndNoMoreOfThemThanMust) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto up_to = [&](std::uint64_t most) { return std::uniform_int_distribution<std::uint64_t>(0, most)(random); };
  for (int round = 0; round < 20'000; ++round) {
    std::vector<KeptItem> items(up_to(12));
    std::int64_t age_s = 10'000;
    std::uint64_t listed = 0;
    for (KeptItem& item : items) {
      age_s -= static_cast<std::int64_t>(up_to(900));
      item = {0, micros_ago(absl::Seconds(age_s)), up_to(50)};
      listed += item.bytes;
    }
    // There may be more than what is listed.
    const std::uint64_t kept = listed + (up_to(1) == 0 ? 0 : up_to(200));
    const std::uint64_t incoming = up_to(3) == 0 ? UINT64_MAX - up_to(50) : up_to(100);
    Limit limit;
    if (up_to(3) != 0) limit.quota_bytes = 1 + up_to(400);
    if (up_to(3) != 0) limit.keep = absl::Seconds(up_to(12'000));

    const RemovalPlan plan = plan_removal(items, kept, incoming, limit, kNow);
    ASSERT_LE(plan.count, items.size());
    std::uint64_t gone = 0;
    for (std::size_t i = 0; i < plan.count; ++i) gone += items[i].bytes;
    ASSERT_EQ(plan.bytes, gone);
    const auto within = [&](std::uint64_t left) {
      return limit.quota_bytes == 0 || (left <= limit.quota_bytes && incoming <= limit.quota_bytes - left);
    };
    if (plan.count < items.size()) {
      ASSERT_TRUE(within(kept - gone)) << "the quota does not hold";
      for (std::size_t i = plan.count; i < items.size(); ++i) {
        ASSERT_FALSE(has_expired(items[i].time_us, limit, kNow)) << "too old, and kept";
      }
    }
    if (plan.count > 0) {
      const KeptItem& last = items[plan.count - 1];
      ASSERT_TRUE(has_expired(last.time_us, limit, kNow) || !within(kept - gone + last.bytes)) << "went for nothing";
    }
  }
}

TEST(RetentionPlan, SaysWhenTheOldestGoes) {
  const KeptItem oldest{1, micros_ago(absl::Hours(5)), 10};
  const auto next = next_removal(oldest, 60, 20, {.quota_bytes = 100, .keep = absl::Hours(24)}, kNow);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->age_time, kNow + absl::Hours(19));
  EXPECT_EQ(next->headroom_bytes, 40u);
  EXPECT_EQ(next->quota_time, kNow + absl::Hours(48));
  const auto full = next_removal(oldest, 120, 0, {.quota_bytes = 100}, kNow);
  EXPECT_EQ(full->headroom_bytes, 0u);
  EXPECT_FALSE(full->quota_time.has_value()) << "nothing comes";
  const auto far = next_removal(oldest, 0, 1, {.quota_bytes = 20'000'000'000}, kNow);
  EXPECT_EQ(far->headroom_bytes, 20'000'000'000u);
  EXPECT_FALSE(far->quota_time.has_value()) << "54 million years: no timestamp, and no forecast";
  EXPECT_FALSE(full->age_time.has_value());
}

}  // namespace
}  // namespace tinyrig::store
