// Keeps what is stored within its limits: passes of retention, each in steps that other writes come between.
#pragma once

#include <memory>

#include "server/base/clock.h"
#include "server/store/store.h"

namespace tinyrig::daemon {

/// Thread-safe.
class StorageKeeper {
 public:
  /// Both must outlive it, and the store all its steps: they end before it does.
  StorageKeeper(store::Store& store, const Clock& clock);
  /// The pass under way ends with its step.
  ~StorageKeeper();
  StorageKeeper(const StorageKeeper&) = delete;
  StorageKeeper& operator=(const StorageKeeper&) = delete;

  /// Begins a pass unless one is under way. Returns at once.
  void look();

  /// Looks at the disk's room; while there is too little, also as look() does. Logs when nothing new is taken in, and
  /// when it is again. True: it is again, and boards may look for work. Call every second, one call at a time.
  bool look_at_disk();

 private:
  struct Pass;
  store::Store& store_;
  const std::shared_ptr<Pass> pass_;
  bool closed_ = false;
};

}  // namespace tinyrig::daemon
