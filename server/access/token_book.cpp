#include "server/access/token_book.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/access/roles.h"
#include "server/access/secret.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/sha256.h"
#include "server/base/status_macros.h"
#include "server/store/columns.h"

namespace tinyrig::access {
namespace {

constexpr std::size_t kMostNameBytes = 100;

absl::Status spec_invalid(const std::string& what, const std::string& hint) {
  return make_error(absl::StatusCode::kInvalidArgument, "TOKEN_SPEC_INVALID", what, hint);
}

// Names stand in tables, logs and file names of others: nothing that could be taken for something else.
absl::Status check_name(const char* what, const std::string& name, bool may_be_empty) {
  const bool fits = name.size() <= kMostNameBytes && (may_be_empty || !name.empty());
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("._@/+-").find(c) != absl::string_view::npos;
  });
  if (fits && plain) return absl::OkStatus();
  return spec_invalid(absl::StrCat("the token's ", what, " is \"", clean_text(name, kMostNameBytes), "\""),
                      "Use 1 to 100 letters, digits and . _ @ / + - for it.");
}

bool is_good(const v1::Token& token, absl::Time now) {
  if (token.has_revoke_time()) return false;
  return !token.has_expire_time() || absl::FromUnixMicros(store::micros_of(token.expire_time())) > now;
}

}  // namespace

absl::Status TokenBook::load() {
  TINYRIG_ASSIGN_OR_RETURN(std::vector<store::StoredToken> stored, store_.tokens());
  const std::lock_guard lock(mutex_);
  for (store::StoredToken& token : stored) {
    std::string digest = token.secret_sha256;
    by_digest_.insert_or_assign(std::move(digest), Entry{std::move(token), std::nullopt});
  }
  return absl::OkStatus();
}

absl::StatusOr<Caller> TokenBook::caller_of(std::string_view secret) {
  const absl::Time now = clock_.now();
  const std::string digest = sha256_hex(secret);
  const std::lock_guard lock(mutex_);
  const auto found = by_digest_.find(digest);
  if (!is_secret(secret) || found == by_digest_.end()) {
    return make_error(absl::StatusCode::kUnauthenticated, "TOKEN_UNKNOWN", "the daemon does not know this token",
                      "Check that it is whole and of this daemon; log in again with tinyrig login.");
  }
  const v1::Token& token = found->second.stored.token;
  if (token.has_revoke_time()) {
    return make_error(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED",
                      absl::StrCat("the token ", token.id(), " of ", token.user(), " was revoked"),
                      "Ask an admin for a new one: tinyrig admin token create.");
  }
  if (!is_good(token, now)) {
    return make_error(absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED",
                      absl::StrCat("the token ", token.id(), " of ", token.user(), " has expired"),
                      "Ask an admin for a new one: tinyrig admin token create.");
  }
  found->second.unsaved_use = now;
  Caller caller;
  caller.user = token.user();
  caller.role = token.role();
  caller.token_id = token.id();
  if (token.has_expire_time()) caller.expires = absl::FromUnixMicros(store::micros_of(token.expire_time()));
  return caller;
}

void TokenBook::create(const TokenSpec& spec, store::DoneWith<NewToken> done) {
  const absl::Time now = clock_.now();
  const auto checked = [&]() -> absl::Status {
    TINYRIG_RETURN_IF_ERROR(check_name("user", spec.user, /*may_be_empty=*/false));
    TINYRIG_RETURN_IF_ERROR(check_name("name", spec.name, /*may_be_empty=*/true));
    if (!v1::Role_IsValid(spec.role) || spec.role == v1::ROLE_UNSPECIFIED) {
      return spec_invalid("the token has no role", "Give viewer, submitter, operator or admin.");
    }
    if (spec.expires <= now) return spec_invalid("the token would have expired already", "Give a time to come.");
    const std::lock_guard lock(mutex_);
    for (const auto& [digest, entry] : by_digest_) {
      const v1::Token& token = entry.stored.token;
      if (token.user() == spec.user && token.name() == spec.name && is_good(token, now)) {
        return make_error(absl::StatusCode::kAlreadyExists, "TOKEN_EXISTS",
                          absl::StrCat(spec.user, " has a token ",
                                       spec.name.empty() ? std::string("without a name")
                                                         : absl::StrCat("with the name \"", spec.name, "\""),
                                       ": ", token.id()),
                          "Give another --name, or revoke that one first: tinyrig admin token revoke.");
      }
    }
    return absl::OkStatus();
  }();
  absl::StatusOr<std::string> secret = checked.ok() ? make_secret() : checked;
  const absl::StatusOr<std::string> id = random_hex(12);
  if (!secret.ok()) return done(secret.status());
  if (!id.ok()) return done(id.status());

  store::StoredToken stored;
  stored.secret_sha256 = sha256_hex(*secret);
  stored.token.set_id("t-" + *id);
  stored.token.set_user(spec.user);
  stored.token.set_name(spec.name);
  stored.token.set_role(spec.role);
  *stored.token.mutable_create_time() = store::timestamp_of(now);
  stored.token.set_created_by(spec.created_by);
  if (spec.expires != absl::InfiniteFuture()) *stored.token.mutable_expire_time() = store::timestamp_of(spec.expires);
  store_.save_token(
      stored, [this, stored, secret = *std::move(secret), done = std::move(done)](const absl::Status& saved) mutable {
        if (!saved.ok()) return done(saved);
        NewToken made{stored.token, std::move(secret)};
        {
          const std::lock_guard lock(mutex_);
          std::string digest = stored.secret_sha256;
          by_digest_.insert_or_assign(std::move(digest), Entry{std::move(stored), std::nullopt});
        }
        done(std::move(made));
      });
}

void TokenBook::revoke(const std::string& id, store::DoneWith<v1::Token> done) {
  store::StoredToken revoked;
  {
    const std::lock_guard lock(mutex_);
    const Entry* entry = find_by_id(id);
    if (entry != nullptr) revoked = entry->stored;
  }
  if (revoked.token.id().empty()) {
    return done(make_error(absl::StatusCode::kNotFound, "TOKEN_UNKNOWN",
                           absl::StrCat("there is no token \"", clean_text(id, kMostNameBytes), "\""),
                           "List them with tinyrig admin token list; their ids begin with t-."));
  }
  if (revoked.token.has_revoke_time()) return done(revoked.token);
  *revoked.token.mutable_revoke_time() = store::timestamp_of(clock_.now());
  store_.save_token(revoked, [this, token = revoked.token, done = std::move(done)](const absl::Status& saved) mutable {
    if (!saved.ok()) return done(saved);
    {
      const std::lock_guard lock(mutex_);
      if (Entry* entry = find_by_id(token.id()); entry != nullptr) {
        *entry->stored.token.mutable_revoke_time() = token.revoke_time();
      }
    }
    if (revoked_) revoked_(token.id());
    done(std::move(token));
  });
}

std::vector<v1::Token> TokenBook::tokens() const {
  std::vector<v1::Token> tokens;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [digest, entry] : by_digest_) {
      v1::Token& token = tokens.emplace_back(entry.stored.token);
      if (entry.unsaved_use.has_value()) *token.mutable_last_use_time() = store::timestamp_of(*entry.unsaved_use);
    }
  }
  std::sort(tokens.begin(), tokens.end(), [](const v1::Token& a, const v1::Token& b) {
    return std::tuple(a.user(), a.name(), store::micros_of(a.create_time()), a.id()) <
           std::tuple(b.user(), b.name(), store::micros_of(b.create_time()), b.id());
  });
  return tokens;
}

bool TokenBook::has_admin() const {
  const absl::Time now = clock_.now();
  const std::lock_guard lock(mutex_);
  return std::any_of(by_digest_.begin(), by_digest_.end(), [now](const auto& entry) {
    const v1::Token& token = entry.second.stored.token;
    return token.role() == v1::ROLE_ADMIN && is_good(token, now);
  });
}

void TokenBook::save_uses() {
  std::vector<std::pair<std::string, absl::Time>> uses;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [digest, entry] : by_digest_) {
      if (!entry.unsaved_use.has_value()) continue;
      uses.emplace_back(entry.stored.token.id(), *entry.unsaved_use);
      *entry.stored.token.mutable_last_use_time() = store::timestamp_of(*entry.unsaved_use);
      entry.unsaved_use.reset();
    }
  }
  // One that the disk refuses is lost: the next use tells it again.
  for (auto& [id, time] : uses) store_.save_token_use(std::move(id), time, nullptr);
}

TokenBook::Entry* TokenBook::find_by_id(const std::string& id) {
  const auto found = std::find_if(by_digest_.begin(), by_digest_.end(),
                                  [&](const auto& entry) { return entry.second.stored.token.id() == id; });
  return found == by_digest_.end() ? nullptr : &found->second;
}

}  // namespace tinyrig::access
