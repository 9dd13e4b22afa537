// The daemon's tokens: kept in the store without their secrets, looked up in memory by every call.
//
// Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/access/caller.h"
#include "server/base/clock.h"
#include "server/store/store.h"
#include "tinyrig/v1/access.pb.h"

namespace tinyrig::access {

/// What a new token is to be.
struct TokenSpec {
  std::string user;
  std::string name;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  // InfiniteFuture: never.
  absl::Time expires = absl::InfiniteFuture();
  std::string created_by;
};

struct NewToken {
  v1::Token token;
  std::string secret;
};

class TokenBook {
 public:
  /// Both must outlive it and the store's completions that it still waits for.
  TokenBook(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  /// Reads the store's tokens: once, before anything else.
  absl::Status load();

  /// Whose secret it is; notes that it was used.
  /// UNAUTHENTICATED TOKEN_UNKNOWN, TOKEN_EXPIRED, TOKEN_REVOKED.
  absl::StatusOr<Caller> caller_of(std::string_view secret);

  /// Answers when the token is durable. INVALID_ARGUMENT TOKEN_SPEC_INVALID; ALREADY_EXISTS TOKEN_EXISTS: the user has
  /// a token of that name that is good.
  void create(const TokenSpec& spec, store::DoneWith<NewToken> done);

  /// Answers when it is durable; calls are refused from then on. Fine for one that is revoked already.
  /// NOT_FOUND TOKEN_UNKNOWN.
  void revoke(const std::string& id, store::DoneWith<v1::Token> done);

  /// By user and name.
  std::vector<v1::Token> tokens() const;

  /// An admin could use it now.
  bool has_admin() const;

  /// Called after a token was revoked, with its id, on the store's writer thread: post onward. Set before the first
  /// revoke().
  void on_revoked(std::function<void(const std::string& token_id)> hook) { revoked_ = std::move(hook); }

  /// Writes down when tokens were used since the last time. Call it every minute from a timer.
  void save_uses();

 private:
  struct Entry {
    store::StoredToken stored;
    std::optional<absl::Time> unsaved_use;
  };

  Entry* find_by_id(const std::string& id);  // with mutex_ held

  store::Store& store_;
  const Clock& clock_;
  std::function<void(const std::string&)> revoked_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> by_digest_;  // guarded by mutex_
};

}  // namespace tinyrig::access
