// Who is told how the store's writes fare.
#pragma once

#include <chrono>
#include <cstddef>

#include "absl/status/status.h"

namespace tinyrig::store {

class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  /// A group of so many writes was brought to the disk, or refused, in so long. `trouble`: why the store itself refused
  /// any of them (DISK_FULL, STORE_BUSY, STORE_FAILED), OK otherwise. On the writer's thread: quick, no calls into the
  /// store.
  virtual void on_commit(std::size_t writes, std::chrono::nanoseconds took, const absl::Status& trouble) = 0;
};

}  // namespace tinyrig::store
