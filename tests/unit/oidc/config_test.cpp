#include "server/oidc/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"
#include "server/oidc/strict_json.h"

namespace tinyrig::oidc {
namespace {

using testing::HasSubstr;

const std::string kIssuer = "[[issuer]]\nname = \"github\"\nurl = \"https://ci.example\"\naudience = \"tinyrig\"\n";
const std::string kRule =
    "[[rule]]\nissuer = \"github\"\nrole = \"submitter\"\nowner = \"{repository}\"\n"
    "claims = { repository = \"acme/*\" }\n";

void expect_invalid(const std::string& text, const std::string& says) {
  const auto config = parse_config(text, "oidc.toml");
  ASSERT_FALSE(config.ok()) << text;
  EXPECT_EQ(reason_of(config.status()), "OIDC_CONFIG_INVALID");
  EXPECT_THAT(std::string(config.status().message()), HasSubstr(says));
}

std::string with(std::string text, const std::string& old_part, const std::string& new_part) {
  return text.replace(text.find(old_part), old_part.size(), new_part);
}

TEST(OidcConfig, IsRead) {
  const auto config =
      parse_config(kIssuer + "keys = \"keys.json\"\n" +
                       "[[issuer]]\nname = \"lab\"\nurl = \"https://git.lab:8443/x\"\naudience = \"a\"\n"
                       "ca = \"/etc/ca.pem\"\n" +
                       kRule +
                       "[[rule]]\nissuer = \"lab\"\nrole = \"operator\"\nowner = \"lab\"\n[rule.claims]\n"
                       "project_path = [\"g/a\", \"g/b\"]\nref_protected = \"true\"\n",
                   "/etc/tinyrig/oidc.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->issuers.size(), 2u);
  EXPECT_EQ(config->issuers[0].name, "github");
  EXPECT_EQ(config->issuers[0].url, "https://ci.example");
  EXPECT_EQ(config->issuers[0].audience, "tinyrig");
  EXPECT_EQ(config->issuers[0].keys_file, "/etc/tinyrig/keys.json");
  EXPECT_EQ(config->issuers[0].ca_file, "");
  EXPECT_EQ(config->issuers[1].keys_file, "");
  EXPECT_EQ(config->issuers[1].ca_file, "/etc/ca.pem");
  ASSERT_EQ(config->rules.size(), 2u);
  EXPECT_EQ(config->rules[0].issuer, "github");
  EXPECT_EQ(config->rules[0].role, Role::kSubmitter);
  EXPECT_EQ(config->rules[0].claims.at("repository").at(0).pattern(), "acme/*");
  EXPECT_EQ(config->rules[1].role, Role::kOperator);
  EXPECT_EQ(config->rules[1].claims.at("project_path").at(1).pattern(), "g/b");
  EXPECT_EQ(config->rules[1].claims.at("ref_protected").at(0).pattern(), "true");
}

TEST(OidcConfig, ErrorsNameFileLineAndKey) {
  expect_invalid("", "oidc.toml:");
  expect_invalid(kIssuer, "there is no [[rule]]");
  expect_invalid(kRule, "there is no [[issuer]]");
  expect_invalid("[[issuer]\n", "oidc.toml:1");
  expect_invalid(kIssuer + "keyz = \"x\"\n" + kRule,
                 "oidc.toml:5: issuer #1: unknown key 'keyz'; known are audience, ca");
  expect_invalid(with(kIssuer, "name = \"github\"\n", "") + kRule, "oidc.toml:1: issuer #1: 'name' is missing");
  expect_invalid(with(kIssuer, "https:", "http:") + kRule, "oidc.toml:3: issuer #1: the url must be https://");
  expect_invalid(kIssuer + "keys = \"a\"\nca = \"b\"\n" + kRule, "oidc.toml:6: issuer #1: 'ca' is for keys that are");
  expect_invalid(kIssuer + kIssuer + kRule, "issuer #2: the name 'github' comes twice");
  expect_invalid(kIssuer + with(kIssuer, "github", "other") + kRule, "the url is that of issuer 'github', too");
  expect_invalid(kIssuer + kRule + "extra = 1\n", "rule #1: unknown key 'extra'");
  expect_invalid("top = 1\n" + kIssuer + kRule, "unknown key 'top'");
  expect_invalid("issuer = [1]\n" + kRule, "must be written [[issuer]]");
}

TEST(OidcConfig, RulesThatMakeNoSenseAreRefused) {
  expect_invalid(kIssuer + with(kRule, "\"github\"", "\"gitlab\""), "oidc.toml:6: rule #1: no [[issuer]] has the name");
  expect_invalid(kIssuer + with(kRule, "submitter", "admin"),
                 "oidc.toml:7: rule #1: the role 'admin' is none of viewer, "
                 "submitter, operator: no CI token may administer");
  expect_invalid(kIssuer + with(kRule, "submitter", "root"), "the role 'root' is none of");
  expect_invalid(kIssuer + with(kRule, "{repository}", "{repository"), "oidc.toml:8: rule #1: the owner");
  expect_invalid(kIssuer + with(kRule, "owner = \"{repository}\"\n", ""), "'owner' is missing");
  expect_invalid(kIssuer + with(kRule, "claims = { repository = \"acme/*\" }\n", ""), "'claims' is missing");
  expect_invalid(kIssuer + with(kRule, "\"acme/*\"", "\"acme/?\""), "oidc.toml:9: rule #1, claims: the pattern");
  expect_invalid(kIssuer + with(kRule, "\"acme/*\"", "[]"), "'repository' is empty: nothing would match");
  expect_invalid(kIssuer + with(kRule, "\"acme/*\"", "[1]"), "array of strings");
  expect_invalid(kIssuer + with(kRule, "\"acme/*\"", "7"), "non-empty string");
}

TEST(OidcConfig, RulesThatStrangersCouldMeetAreRefused) {
  for (const char* claims :
       {"{}", "{ ref = \"refs/heads/main\" }", "{ repository = \"*/*\" }", "{ repository = \"**\" }",
        "{ repository = \"acme*/x\" }", "{ repository = [\"acme/x\", \"*/y\"] }"}) {
    expect_invalid(kIssuer + with(kRule, "{ repository = \"acme/*\" }", claims),
                   "oidc.toml:9: rule #1: anyone's CI could meet this");
  }
}

TEST(OidcConfig, AFileThatIsNotThereIsNamed) {
  const auto config = load_config("/nowhere/oidc.toml");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.status().message(), "cannot read /nowhere/oidc.toml");
}

// deploy/oidc/example.toml, which docs/oidc.md explains.
TEST(OidcConfig, TheExampleDoesWhatItSays) {
  const auto config = load_config(TINYRIG_OIDC_EXAMPLE);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->issuers.size(), 2u);
  EXPECT_EQ(config->issuers[0].url, "https://token.actions.githubusercontent.com");
  EXPECT_EQ(config->issuers[1].url, "https://gitlab.com");
  const auto decide = [&](const std::string& issuer, const std::string& claims) -> std::string {
    const auto object = parse_strict_object(claims, "it", "BAD").value();
    const Rule* rule = first_match(config->rules, issuer, object);
    return rule == nullptr ? "" : std::string(role_name(rule->role)) + " " + rule->owner.fill(object).value();
  };
  EXPECT_EQ(decide("github", R"({"repository":"acme/firmware","repository_owner":"acme","ref":"refs/heads/main",)"
                             R"("event_name":"push"})"),
            "operator github:acme/firmware");
  EXPECT_EQ(decide("github", R"({"repository":"acme/firmware","repository_owner":"acme","ref":"refs/pull/7/merge",)"
                             R"("event_name":"pull_request"})"),
            "submitter github:acme/firmware");
  EXPECT_EQ(decide("github", R"({"repository":"acme/firmware","repository_owner":"acme","ref":"refs/heads/main",)"
                             R"("event_name":"pull_request_target"})"),
            "");
  EXPECT_EQ(decide("github", R"({"repository":"acme-evil/firmware","repository_owner":"acme-evil",)"
                             R"("ref":"refs/heads/main","event_name":"push"})"),
            "");
  EXPECT_EQ(decide("gitlab", R"({"project_path":"acme/sub/kws","namespace_path":"acme/sub","ref":"main",)"
                             R"("ref_type":"branch","ref_protected":"true"})"),
            "submitter gitlab:acme/sub");
  EXPECT_EQ(decide("gitlab", R"({"project_path":"acme/kws","namespace_path":"acme","ref":"x","ref_type":"branch",)"
                             R"("ref_protected":"false"})"),
            "viewer gitlab:acme");
  EXPECT_EQ(decide("gitlab", R"({"project_path":"other/kws","namespace_path":"other","ref_protected":"true"})"), "");
}

}  // namespace
}  // namespace tinyrig::oidc
