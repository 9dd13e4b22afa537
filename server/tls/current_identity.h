// The identity that new connections get: the files' newest good one. Both faces of the API take it from here, so that
// they change together.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "server/base/clock.h"
#include "server/tls/server_identity.h"

namespace tinyrig::tls {

/// Thread-safe.
class CurrentIdentity {
 public:
  /// As ServerIdentity::load(). `clock` outlives it.
  static absl::StatusOr<std::unique_ptr<CurrentIdentity>> load(ServerFiles files, const Clock& clock);

  std::shared_ptr<const ServerIdentity> get() const;

  /// Reads the files again if they may have changed. True: they have; get() gives what is in them. An error is of files
  /// that changed and are not good (half of a pair has been replaced so far, perhaps): get() gives the old ones, and
  /// the next look reads them again. Not from two threads at a time.
  absl::StatusOr<bool> look();

 private:
  // What tells one state of a file from the next without reading it.
  struct Stamp {
    ::ino_t inode = 0;
    ::off_t size = -1;
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::vector<Stamp>;

  CurrentIdentity(ServerFiles files, const Clock& clock) : files_(std::move(files)), clock_(clock) {}
  Stamps stamps() const;

  const ServerFiles files_;
  const Clock& clock_;
  Stamps read_;  // of what was read last, if that is sure; look()'s alone
  mutable std::mutex mutex_;
  std::shared_ptr<const ServerIdentity> identity_;  // guarded by mutex_
};

}  // namespace tinyrig::tls
