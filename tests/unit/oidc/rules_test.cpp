#include "server/oidc/rules.h"

#include <gtest/gtest.h>

#include "server/base/error.h"
#include "server/oidc/strict_json.h"

namespace tinyrig::oidc {
namespace {

ClaimPatterns patterns_of(const std::map<std::string, std::vector<std::string>>& texts) {
  ClaimPatterns patterns;
  for (const auto& [claim, globs] : texts) {
    for (const std::string& glob : globs) patterns[claim].push_back(Glob::parse(glob).value());
  }
  return patterns;
}

Rule rule_of(const std::string& issuer, Role role, const std::map<std::string, std::vector<std::string>>& claims) {
  return {issuer, role, OwnerTemplate::parse("ci").value(), patterns_of(claims)};
}

boost::json::object object_of(const std::string& text) { return parse_strict_object(text, "it", "BAD").value(); }

TEST(Rules, TheFirstOneThatMatchesDecides) {
  const std::vector<Rule> rules = {
      rule_of("github", Role::kOperator, {{"repository", {"acme/firmware"}}, {"ref", {"refs/heads/main"}}}),
      rule_of("github", Role::kSubmitter, {{"repository", {"acme/*", "beta/x"}}}),
      rule_of("gitlab", Role::kViewer, {{"repository", {"acme/*"}}})};
  const auto role = [&](const std::string& issuer, const std::string& claims) {
    const Rule* rule = first_match(rules, issuer, object_of(claims));
    return rule == nullptr ? "" : std::string(role_name(rule->role));
  };
  EXPECT_EQ(role("github", R"({"repository":"acme/firmware","ref":"refs/heads/main"})"), "operator");
  EXPECT_EQ(role("github", R"({"repository":"acme/firmware","ref":"refs/heads/x"})"), "submitter");
  EXPECT_EQ(role("github", R"({"repository":"acme/firmware"})"), "submitter") << "a claim that is missing";
  EXPECT_EQ(role("github", R"({"repository":"beta/x"})"), "submitter");
  EXPECT_EQ(role("github", R"({"repository":"acme-evil/x"})"), "");
  EXPECT_EQ(role("github", R"({"repository":["acme/firmware"]})"), "");
  EXPECT_EQ(role("github", "{}"), "");
  EXPECT_EQ(role("gitlab", R"({"repository":"acme/firmware","ref":"refs/heads/main"})"), "viewer");
  EXPECT_EQ(role("other", R"({"repository":"acme/firmware"})"), "");
}

TEST(Rules, ThatStrangersCouldMeetAreKnown) {
  using Texts = std::map<std::string, std::vector<std::string>>;
  for (const Texts& owned :
       {Texts{{"repository", {"acme/firmware"}}}, Texts{{"repository", {"acme/*"}}},
        Texts{{"repository", {"acme/a", "beta/**"}}}, Texts{{"repository_owner", {"acme"}}},
        Texts{{"repository_id", {"123"}}}, Texts{{"project_path", {"group/**"}}}, Texts{{"namespace_path", {"group"}}},
        Texts{{"sub", {"repo:acme/*"}}}, Texts{{"sub", {"project_path:group/p:ref_type:branch:ref:main"}}},
        Texts{{"ref", {"**"}}, {"repository", {"acme/*"}}}}) {
    EXPECT_FALSE(anyone_can_meet(patterns_of(owned))) << owned.begin()->first << " " << owned.begin()->second.front();
  }
  for (const Texts& open :
       {Texts{}, Texts{{"ref", {"refs/heads/main"}}}, Texts{{"repository", {"**"}}}, Texts{{"repository", {"*/*"}}},
        Texts{{"repository", {"*/firmware"}}}, Texts{{"repository", {"acme*/x"}}}, Texts{{"repository", {"acme**"}}},
        Texts{{"repository", {"/**"}}}, Texts{{"repository", {"acme/x", "**"}}}, Texts{{"repository_owner", {"acme*"}}},
        Texts{{"repository_id", {"1*"}}}, Texts{{"namespace_path", {"group**"}}}, Texts{{"sub", {"**"}}},
        Texts{{"sub", {"repo:acme**"}}}, Texts{{"sub", {"repo:*/x:**"}}}, Texts{{"sub", {"ref:refs/heads/main"}}},
        Texts{{"sub", {"repo:/**"}}}, Texts{{"actor", {"me"}}}, Texts{{"workflow", {"acme/ci"}}}}) {
    EXPECT_TRUE(anyone_can_meet(patterns_of(open))) << (open.empty() ? "" : open.begin()->second.front());
  }
}

TEST(Rules, DescribeTheClaimsThatTheyLookAt) {
  const std::vector<Rule> rules = {
      rule_of("github", Role::kViewer, {{"repository", {"acme/*"}}, {"ref", {"refs/heads/main"}}}),
      rule_of("gitlab", Role::kViewer, {{"project_path", {"acme/*"}}})};
  EXPECT_EQ(describe_claims(rules, "github", object_of(R"({"sub":"s\u0007","repository":"b/c","actor":"me"})")),
            "ref is missing, repository=b/c, sub=s?");
  EXPECT_EQ(describe_claims(rules, "gitlab", object_of(R"({"project_path":")" + std::string(500, 'x') + "\"}")),
            "project_path=" + std::string(197, 'x') + "..., sub is missing");
}

TEST(OwnerTemplate, IsFilledWithClaims) {
  const auto fill = [](const std::string& text, const std::string& claims) {
    return OwnerTemplate::parse(text)->fill(object_of(claims));
  };
  EXPECT_EQ(*fill("ci", "{}"), "ci");
  EXPECT_EQ(*fill("{repository}", R"({"repository":"acme/x"})"), "acme/x");
  EXPECT_EQ(*fill("ci/{a}-{b}!", R"({"a":"1","b":2})"), "ci/1-2!");
  EXPECT_EQ(*fill("{a}", R"({"a":"{b}","b":"no"})"), "{b}") << "once";
  EXPECT_EQ(*fill("{a}", R"({"a":")" + std::string(100, 'x') + "\"}"), std::string(100, 'x'));
  for (const std::string& claims : {std::string("{}"), std::string(R"({"a":""})"), std::string(R"({"a":"x\u0000"})"),
                                    std::string(R"({"a":["x"]})"), R"({"a":")" + std::string(101, 'x') + "\"}"}) {
    const auto owner = fill("{a}", claims);
    ASSERT_FALSE(owner.ok()) << claims;
    EXPECT_EQ(reason_of(owner.status()), "TOKEN_NOT_ALLOWED");
  }
}

TEST(OwnerTemplate, BracesMustMakeSense) {
  for (const char* text : {"", "{", "}", "{}", "a{b", "a}b", "{a}}", "{{a}", "{a{b}}", "x{a}{", "}{"}) {
    const auto owner = OwnerTemplate::parse(text);
    ASSERT_FALSE(owner.ok()) << text;
    EXPECT_EQ(reason_of(owner.status()), "OWNER_INVALID");
  }
}

}  // namespace
}  // namespace tinyrig::oidc
