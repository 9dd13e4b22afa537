#include "server/store/reader_pool.h"

#include <utility>

#include "server/base/status_macros.h"

namespace tinyrig::store {

ReaderPool::Snapshot::~Snapshot() {
  if (connection_ == nullptr) return;
  // A connection that cannot leave its transaction is not given to anybody else.
  if (connection_->in_transaction() && !connection_->execute("COMMIT").ok()) return;
  const std::lock_guard lock(pool_->mutex_);
  if (pool_->idle_.size() < kMaxIdle) pool_->idle_.push_back(std::move(connection_));
}

absl::StatusOr<ReaderPool::Snapshot> ReaderPool::snapshot() {
  std::unique_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection == nullptr) {
    TINYRIG_ASSIGN_OR_RETURN(connection, Connection::open(file_, SQLITE_OPEN_READWRITE));
    TINYRIG_RETURN_IF_ERROR(connection->run_script("PRAGMA query_only = 1; PRAGMA busy_timeout = 2000"));
  }
  TINYRIG_RETURN_IF_ERROR(connection->execute("BEGIN"));
  return Snapshot(this, std::move(connection));
}

}  // namespace tinyrig::store
