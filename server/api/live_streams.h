// Streams that would last for ever, so that they can be ended from outside: by a stopping server (gRPC's Shutdown waits
// its whole deadline for a stream that nobody ends), or when the token that opened them is revoked. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tinyrig::api {

class LiveStreams {
 public:
  /// What of one caller may be open at once; of those who show no token, any number.
  static constexpr std::size_t kMostOfOneToken = 64;

  /// `end` must only post. It is called at once, and not kept, when end_all() has been called before.
  /// RESOURCE_EXHAUSTED TOO_MANY_STREAMS.
  absl::StatusOr<std::uint64_t> add(const std::string& token_id, std::function<void(const absl::Status& why)> end);
  void remove(std::uint64_t id);
  /// Ends every stream, and every one that is added later.
  void end_all();
  /// Ends those that the token opened.
  void end_of_token(const std::string& token_id);

 private:
  struct Stream {
    std::string token_id;
    std::function<void(const absl::Status&)> end;
  };

  std::mutex mutex_;
  std::uint64_t last_id_ = 0;                // guarded by mutex_
  bool ended_ = false;                       // guarded by mutex_
  std::map<std::uint64_t, Stream> streams_;  // guarded by mutex_
};

}  // namespace tinyrig::api
