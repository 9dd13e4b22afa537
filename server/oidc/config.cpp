#include "server/oidc/config.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/toml_reader.h"
#include "server/oidc/https_get.h"

namespace tinyrig::oidc {
namespace {

constexpr char kConfigInvalid[] = "OIDC_CONFIG_INVALID";

template <class T>
void complain(TomlReader& reader, const toml::node& at, const absl::StatusOr<T>& result) {
  if (!result.ok()) reader.fail(at, std::string(result.status().message()));
}

std::filesystem::path read_path(TomlReader& reader, const char* key, const std::filesystem::path& folder) {
  const std::string path = reader.text(key, "");
  return path.empty() ? std::filesystem::path() : folder / path;
}

Issuer read_issuer(TomlReader& reader, const toml::table& table, const std::filesystem::path& folder,
                   const std::vector<Issuer>& before) {
  Issuer issuer;
  issuer.name = reader.text("name");
  issuer.url = reader.text("url");
  issuer.audience = reader.text("audience");
  issuer.keys_file = read_path(reader, "keys", folder);
  issuer.ca_file = read_path(reader, "ca", folder);
  if (!issuer.url.empty()) complain(reader, *table.get("url"), parse_https_url(issuer.url));
  if (!issuer.keys_file.empty() && !issuer.ca_file.empty()) {
    reader.fail(*table.get("ca"), "'ca' is for keys that are fetched; 'keys' names a file");
  }
  for (const Issuer& other : before) {
    if (other.name == issuer.name) reader.fail(table, absl::StrCat("the name '", issuer.name, "' comes twice"));
    if (other.url == issuer.url) reader.fail(table, absl::StrCat("the url is that of issuer '", other.name, "', too"));
  }
  return issuer;
}

Role read_role(TomlReader& reader, const toml::table& table) {
  const std::string name = reader.text("role");
  for (const Role role : {Role::kViewer, Role::kSubmitter, Role::kOperator}) {
    if (name == role_name(role)) return role;
  }
  if (!name.empty()) {
    reader.fail(*table.get("role"), absl::StrCat("the role '", name, "' is none of viewer, submitter, operator",
                                                 name == "admin" ? ": no CI token may administer" : ""));
  }
  return Role::kViewer;
}

// A text, or an array of those that will do.
std::vector<Glob> read_patterns(TomlReader& reader, const std::string& claim, const toml::node& node) {
  std::vector<std::string> texts;
  if (node.is_array()) {
    texts = reader.texts(claim.c_str());
    if (texts.empty()) reader.fail(node, absl::StrCat("'", claim, "' is empty: nothing would match"));
  } else {
    texts.push_back(reader.text(claim.c_str()));
  }
  std::vector<Glob> globs;
  for (std::string& text : texts) {
    auto glob = Glob::parse(std::move(text));
    complain(reader, node, glob);
    if (glob.ok()) globs.push_back(*std::move(glob));
  }
  return globs;
}

ClaimPatterns read_claims(TomlReader& rule, const toml::table& table) {
  ClaimPatterns patterns;
  const toml::table* claims = rule.table("claims");
  if (claims == nullptr) {
    rule.fail(table, "'claims' is missing");
    return patterns;
  }
  TomlReader reader = rule.inner(*claims, "claims");
  for (const auto& [key, node] : *claims) {
    const std::string claim(key.str());
    patterns.emplace(claim, read_patterns(reader, claim, node));
  }
  rule.take(reader.finish());
  if (anyone_can_meet(patterns)) {
    rule.fail(*claims,
              "anyone's CI could meet this: name the owner, in full, in repository (\"acme/*\"), repository_owner, "
              "repository_id, project_path, namespace_path or sub (\"repo:acme/*\")");
  }
  return patterns;
}

absl::StatusOr<Rule> read_rule(TomlReader& reader, const toml::table& table, const std::vector<Issuer>& issuers) {
  std::string issuer = reader.text("issuer");
  if (!issuer.empty() && std::ranges::none_of(issuers, [&](const Issuer& known) { return known.name == issuer; })) {
    reader.fail(*table.get("issuer"), absl::StrCat("no [[issuer]] has the name '", issuer, "'"));
  }
  const Role role = read_role(reader, table);
  const std::string owner_text = reader.text("owner");
  auto owner = OwnerTemplate::parse(owner_text);
  if (!owner_text.empty()) complain(reader, *table.get("owner"), owner);
  ClaimPatterns claims = read_claims(reader, table);
  TINYRIG_RETURN_IF_ERROR(reader.finish());
  return Rule{std::move(issuer), role, *std::move(owner), std::move(claims)};
}

// The tables of [[key]], each with a reader; stops at the first error.
template <class Take>
absl::Status for_each_table(TomlReader& top, const toml::table& root, const std::string& file, const char* key,
                            Take take) {
  const toml::array* array = top.array(key);
  if (array == nullptr || array->empty()) {
    top.fail(root, absl::StrCat("there is no [[", key, "]]"));
    return top.finish();
  }
  std::size_t number = 0;
  for (const toml::node& node : *array) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      top.fail(node, absl::StrCat("'", key, "' must be written [[", key, "]]"));
      return top.finish();
    }
    TomlReader reader(*table, file, absl::StrCat(key, " #", ++number), kConfigInvalid);
    TINYRIG_RETURN_IF_ERROR(take(reader, *table));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Config> parse_config(const std::string& text, const std::filesystem::path& file) {
  Config config;
  config.file = file.string();
  TINYRIG_ASSIGN_OR_RETURN(const toml::table root, parse_toml(text, config.file, kConfigInvalid));
  TomlReader top(root, config.file, "rules for ID tokens", kConfigInvalid);
  TINYRIG_RETURN_IF_ERROR(for_each_table(
      top, root, config.file, "issuer", [&](TomlReader& reader, const toml::table& table) -> absl::Status {
        config.issuers.push_back(read_issuer(reader, table, file.parent_path(), config.issuers));
        return reader.finish();
      }));
  TINYRIG_RETURN_IF_ERROR(
      for_each_table(top, root, config.file, "rule", [&](TomlReader& reader, const toml::table& table) -> absl::Status {
        TINYRIG_ASSIGN_OR_RETURN(Rule rule, read_rule(reader, table, config.issuers));
        config.rules.push_back(std::move(rule));
        return absl::OkStatus();
      }));
  TINYRIG_RETURN_IF_ERROR(top.finish());
  return config;
}

absl::StatusOr<Config> load_config(const std::filesystem::path& file) {
  TINYRIG_ASSIGN_OR_RETURN(const std::string text, read_text_file(file, kConfigInvalid));
  return parse_config(text, file);
}

}  // namespace tinyrig::oidc
