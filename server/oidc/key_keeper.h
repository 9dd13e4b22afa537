// The keys of one issuer, at hand without waiting: loaded in the background, again and again, and kept when that fails.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/oidc/key_set.h"
#include "server/oidc/key_source.h"

namespace tinyrig::oidc {

struct KeyTiming {
  absl::Duration refresh_every;
  // Between two loads, also when tokens with unknown keys keep coming; and after one that failed.
  absl::Duration not_sooner_than;
  // How old keys may become that cannot be loaded anew.
  absl::Duration keep_for;
};

/// Thread-safe.
class KeyKeeper {
 public:
  /// `issuer`: its name, for messages. `first`: keys that were loaded already. Loads on `executor`; `clock` outlives
  /// what runs there.
  static std::unique_ptr<KeyKeeper> start(const boost::asio::any_io_executor& executor, std::string issuer,
                                          std::unique_ptr<KeySource> source, std::optional<KeySet> first,
                                          const KeyTiming& timing, const Clock& clock);
  /// No load begins after it returns; one may still run.
  ~KeyKeeper();
  KeyKeeper(const KeyKeeper&) = delete;
  KeyKeeper& operator=(const KeyKeeper&) = delete;

  /// Never waits. UNAVAILABLE (KEYS_UNAVAILABLE): no keys could be loaded yet, or not for long. UNAUTHENTICATED
  /// (KEY_UNKNOWN): none of them is it. Either has them loaded anew, as soon as the timing allows.
  absl::StatusOr<PublicKey> find(const std::string& key_id, Algorithm algorithm, absl::Time now);

 private:
  class State;
  explicit KeyKeeper(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace tinyrig::oidc
