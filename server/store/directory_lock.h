// One daemon per data folder: an exclusive flock on DIR/tinyrigd.lock, held as long as the object lives and
// released by the kernel when the process dies, however it dies.
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"

namespace tinyrig::store {

class DirectoryLock {
 public:
  /// FAILED_PRECONDITION STORE_LOCKED names the process that holds it. PERMISSION_DENIED / INTERNAL
  /// STORE_FAILED; RESOURCE_EXHAUSTED DISK_FULL.
  static absl::StatusOr<DirectoryLock> acquire(const std::filesystem::path& dir);

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace tinyrig::store
