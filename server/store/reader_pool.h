// Connections that read, one per reader at a time, kept for the next one. Readers do not wait for the
// writer, nor it for them.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/sqlite.h"

namespace tinyrig::store {

/// Thread-safe.
class ReaderPool {
 public:
  static constexpr std::size_t kMaxIdle = 8;

  explicit ReaderPool(std::filesystem::path file) : file_(std::move(file)) {}

  /// A snapshot of the database, consistent over several queries, until it is destroyed. Keep it short:
  /// while it lives the write-ahead log grows.
  class Snapshot {
   public:
    Snapshot(Snapshot&&) = default;
    ~Snapshot();
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    friend class ReaderPool;
    Snapshot(ReaderPool* pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ReaderPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  absl::StatusOr<Snapshot> snapshot();

 private:
  const std::filesystem::path file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mutex_
};

}  // namespace tinyrig::store
