// Streams that would last for ever, so that a stopping server can end them first: gRPC's Shutdown waits its
// whole deadline for a stream that nobody ends. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

namespace tinyrig::api {

class LiveStreams {
 public:
  /// `end` must only post. It is called at once, and not kept, when end_all() has been called before.
  std::uint64_t add(std::function<void()> end);
  void remove(std::uint64_t id);
  /// Ends every stream, and every one that is added later.
  void end_all();

 private:
  std::mutex mutex_;
  std::uint64_t last_id_ = 0;                           // guarded by mutex_
  bool ended_ = false;                                  // guarded by mutex_
  std::map<std::uint64_t, std::function<void()>> end_;  // guarded by mutex_
};

}  // namespace tinyrig::api
