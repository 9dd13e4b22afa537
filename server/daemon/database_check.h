// Reads a database that was too large to be checked before the daemon served, on a thread of its own, beside the
// daemon's work.
#pragma once

#include <thread>

#include "server/store/store.h"

namespace tinyrig::daemon {

class DatabaseCheck {
 public:
  /// Begins; logs what comes of it. The store outlives it.
  explicit DatabaseCheck(store::Store& store);
  /// Ends it, wherever it is.
  ~DatabaseCheck() = default;
  DatabaseCheck(const DatabaseCheck&) = delete;
  DatabaseCheck& operator=(const DatabaseCheck&) = delete;

 private:
  std::jthread thread_;
};

}  // namespace tinyrig::daemon
