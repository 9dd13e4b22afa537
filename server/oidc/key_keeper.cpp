#include "server/oidc/key_keeper.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <mutex>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/use_tuple.h"

namespace tinyrig::oidc {
namespace {

namespace asio = boost::asio;

}  // namespace

class KeyKeeper::State : public std::enable_shared_from_this<State> {
 public:
  State(const asio::any_io_executor& executor, std::string issuer, std::unique_ptr<KeySource> source,
        std::optional<KeySet> first, const KeyTiming& timing, const Clock& clock)
      : strand_(asio::make_strand(executor)),
        again_(strand_),
        issuer_(std::move(issuer)),
        source_(std::move(source)),
        timing_(timing),
        clock_(clock),
        keys_(std::move(first)),
        loaded_at_(clock.now()) {}

  void start() {
    asio::co_spawn(
        strand_, [self = shared_from_this()] { return self->run(); }, asio::detached);
  }

  void stop() {
    stopped_ = true;
    wake();
  }

  absl::StatusOr<PublicKey> find(const std::string& key_id, Algorithm algorithm, absl::Time now) {
    const std::lock_guard lock(mutex_);
    const bool usable = keys_.has_value() && now - loaded_at_ <= timing_.keep_for;
    const PublicKey* key = usable ? keys_->find(key_id, algorithm) : nullptr;
    if (key != nullptr) return *key;
    ask_again(now);
    if (!usable) {
      return make_error(absl::StatusCode::kUnavailable, "KEYS_UNAVAILABLE",
                        absl::StrCat("the keys of issuer '", issuer_,
                                     "' are not at hand: ", problem_.empty() ? "they are being loaded" : problem_),
                        "Try again in a minute; the daemon's log says what it tried.");
    }
    return make_error(absl::StatusCode::kUnauthenticated, "KEY_UNKNOWN",
                      absl::StrCat("the ID token is signed with a key '", clean_text(key_id, 64), "' that issuer '",
                                   issuer_, "' does not have"),
                      "If the issuer has just changed its keys, try again in a minute.");
  }

 private:
  asio::awaitable<void> run() {
    while (!stopped_) {
      begin();
      auto loading = source_->load();
      absl::StatusOr<KeySet> loaded = co_await std::move(loading);
      if (stopped_) co_return;
      again_.expires_after(absl::ToChronoNanoseconds(take(std::move(loaded))));
      auto waiting = again_.async_wait(kUseTuple);
      co_await std::move(waiting);  // cut short by wake()
    }
  }

  void begin() {
    const std::lock_guard lock(mutex_);
    loading_ = true;
    tried_at_ = clock_.now();
  }

  // How long to wait before the next load.
  absl::Duration take(absl::StatusOr<KeySet> loaded) {
    const std::lock_guard lock(mutex_);
    loading_ = false;
    if (!loaded.ok()) {
      std::string problem(loaded.status().message());
      if (problem != problem_) spdlog::warn("keys of OIDC issuer '{}': {}", issuer_, problem);
      problem_ = std::move(problem);
      return timing_.not_sooner_than;
    }
    if (!problem_.empty() || !keys_.has_value()) {
      spdlog::info("keys of OIDC issuer '{}': {} loaded", issuer_, loaded->size());
    }
    if (loaded->left_out() != told_left_out_) {
      told_left_out_ = loaded->left_out();
      spdlog::warn("keys of OIDC issuer '{}': left out: {}", issuer_, absl::StrJoin(told_left_out_, "; "));
    }
    problem_.clear();
    keys_ = *std::move(loaded);
    loaded_at_ = clock_.now();
    return timing_.refresh_every;
  }

  // With mutex_ held.
  void ask_again(absl::Time now) {
    // The clock may have been set back since: the distance counts.
    if (loading_ || absl::AbsDuration(now - tried_at_) < timing_.not_sooner_than) return;
    tried_at_ = now;
    wake();
  }

  void wake() {
    asio::post(strand_, [self = shared_from_this()] { self->again_.cancel(); });
  }

  const asio::any_io_executor strand_;
  asio::steady_timer again_;
  const std::string issuer_;
  const std::unique_ptr<KeySource> source_;
  const KeyTiming timing_;
  const Clock& clock_;
  std::atomic<bool> stopped_ = false;

  std::mutex mutex_;  // guards what follows
  std::optional<KeySet> keys_;
  absl::Time loaded_at_;
  absl::Time tried_at_ = absl::InfinitePast();
  bool loading_ = true;  // from the start on
  std::string problem_;  // of the last load; empty: there was none
  std::vector<std::string> told_left_out_;
};

std::unique_ptr<KeyKeeper> KeyKeeper::start(const asio::any_io_executor& executor, std::string issuer,
                                            std::unique_ptr<KeySource> source, std::optional<KeySet> first,
                                            const KeyTiming& timing, const Clock& clock) {
  auto state = std::make_shared<State>(executor, std::move(issuer), std::move(source), std::move(first), timing, clock);
  state->start();
  return std::unique_ptr<KeyKeeper>(new KeyKeeper(std::move(state)));
}

KeyKeeper::~KeyKeeper() { state_->stop(); }

absl::StatusOr<PublicKey> KeyKeeper::find(const std::string& key_id, Algorithm algorithm, absl::Time now) {
  return state_->find(key_id, algorithm, now);
}

}  // namespace tinyrig::oidc
