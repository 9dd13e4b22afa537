// The one thread that writes and waits for the disk. What waits is committed together: with one writer at
// rest a commit holds one write, under load hundreds share one fsync.
//
// Each write runs in a savepoint, so that one that fails takes no other with it. When the commit of a group
// fails (a full disk), its writes are tried again one by one, so that the small ones may still get through.
// A write may therefore run more than once and must only depend on what it captured.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "server/store/commit_observer.h"
#include "server/store/sqlite.h"

namespace tinyrig::store {

/// Changes the database inside a transaction that somebody else commits.
using Write = absl::AnyInvocable<absl::Status(Connection&)>;
/// Called on the writer thread once the write is durable, or was refused.
using WriteDone = absl::AnyInvocable<void(absl::Status)>;

class GroupWriter {
 public:
  static constexpr std::size_t kMaxGroup = 1'000;
  /// Of the weights of a group; one write may be heavier.
  static constexpr std::size_t kMaxGroupWeight = 64u << 20;

  GroupWriter(std::unique_ptr<Connection> database, std::size_t max_waiting,
              std::vector<CommitObserver*> observers = {});
  /// Commits what waits, then ends the thread.
  ~GroupWriter();
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  /// Queues a write; never blocks, never calls `done` from inside. Thread-safe.
  /// RESOURCE_EXHAUSTED STORE_BUSY comes through `done` when too many wait. `weight`: bytes, where they are many: what
  /// is committed together stays in the write-ahead log until then, and its disk must hold that too.
  void submit(Write write, WriteDone done, std::size_t weight = 0);

 private:
  struct Entry {
    Write write;
    WriteDone done;
    std::size_t weight = 0;
    absl::Status status;
  };

  void run();
  void commit_group(std::vector<Entry>& group);
  absl::Status run_in_savepoint(Entry& entry);
  absl::Status run_alone(Entry& entry);
  void tell(const std::vector<Entry>& group, std::chrono::nanoseconds took) const;

  const std::unique_ptr<Connection> database_;
  const std::size_t max_waiting_;
  const std::vector<CommitObserver*> observers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Entry> waiting_;  // guarded by mutex_
  bool stopping_ = false;      // guarded by mutex_
  std::thread thread_;
};

}  // namespace tinyrig::store
