// Policies of users: values, standards, and what is wrong with them.
#include "server/gate/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::gate {
namespace {

using ::testing::HasSubstr;

std::string policy_error(const std::string& text) {
  const auto policy = parse_policy(text, "gate.toml");
  EXPECT_FALSE(policy.ok()) << text;
  EXPECT_EQ(reason_of(policy.status()), "POLICY_INVALID");
  return std::string(policy.status().message());
}

TEST(Policy, Standard) {
  const Policy policy = standard_policy();
  EXPECT_EQ(policy.size(), 6U);
  EXPECT_EQ(policy.at("latency"), (Tolerance{.relative_ppb = 2'000'000, .absolute = 0}));
  for (const char* bytes : {"arena", "packed_model", "static_ram", "agent_flash"}) {
    EXPECT_EQ(policy.at(bytes), Tolerance{}) << bytes;
  }
  EXPECT_EQ(policy.at("stack"), (Tolerance{.relative_ppb = 0, .absolute = 256}));
  EXPECT_EQ(*parse_policy("", "gate.toml"), policy);
}

TEST(Policy, WhatIsNamedChangesTheRestStays) {
  const auto policy =
      parse_policy("[latency]\nrelative = 0.01\nabsolute = 30\n[arena]\nabsolute = 1024\n", "gate.toml");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->at("latency"), (Tolerance{.relative_ppb = 10'000'000, .absolute = 30}));
  EXPECT_EQ(policy->at("arena"), (Tolerance{.relative_ppb = 0, .absolute = 1024}));
  EXPECT_EQ(policy->at("packed_model"), Tolerance{});
  EXPECT_EQ(parse_policy("[latency]\nabsolute = 30\n", "gate.toml")->at("latency").relative_ppb, 2'000'000U);
  EXPECT_EQ(parse_policy("[latency]\nrelative = 0\n", "gate.toml")->at("latency").relative_ppb, 0U);
  EXPECT_EQ(parse_policy("[latency]\nrelative = 1\n", "gate.toml")->at("latency").relative_ppb, kBillion);
}

TEST(Policy, UnknownKeysAreNamedWithThoseThatAreKnown) {
  EXPECT_EQ(policy_error("[latency]\nrelativ = 0.1\n"),
            "gate.toml:2: [latency]: unknown key 'relativ'; known are absolute, relative");
  EXPECT_THAT(policy_error("\n[flash]\nabsolute = 1\n"),
              HasSubstr("unknown key 'flash'; known are agent_flash, arena, latency, packed_model, stack, static_ram"));
}

TEST(Policy, ValuesThatMakeNoSense) {
  EXPECT_THAT(policy_error("[latency]\nrelative = 1.5\n"),
              HasSubstr(":2: [latency]: 'relative' must be a number from"));
  EXPECT_THAT(policy_error("[latency]\nrelative = -0.1\n"), HasSubstr("'relative' must be a number from 0 to 1"));
  EXPECT_THAT(policy_error("[latency]\nrelative = nan\n"), HasSubstr("'relative' must be a number from 0 to 1"));
  EXPECT_THAT(policy_error("[latency]\nrelative = \"2 %\"\n"), HasSubstr("'relative' must be a number from 0 to 1"));
  EXPECT_THAT(policy_error("[arena]\nabsolute = -1\n"), HasSubstr("'absolute' must be a whole number"));
  EXPECT_THAT(policy_error("latency = 3\n"), HasSubstr("'latency' must be a table"));
  EXPECT_THAT(policy_error("[latency\n"), HasSubstr("gate.toml:1:"));
}

TEST(Policy, CanonicalTextIsAPolicyAndTheSameForTheSame) {
  const auto policy = parse_policy("# ours\n[latency]\nrelative = 0.0125\n", "gate.toml");
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(*parse_policy(canonical_text(*policy), "again"), *policy);
  EXPECT_EQ(canonical_text(*parse_policy("[latency]\nabsolute=0\nrelative=0.01250", "x")), canonical_text(*policy));
  EXPECT_NE(canonical_text(standard_policy()), canonical_text(*policy));
}

}  // namespace
}  // namespace tinyrig::gate
