#include "server/store/group_writer.h"

#include <utility>

#include "server/base/error.h"

namespace tinyrig::store {

GroupWriter::GroupWriter(std::unique_ptr<Connection> database, std::size_t max_waiting,
                         std::vector<CommitObserver*> observers)
    : database_(std::move(database)),
      max_waiting_(max_waiting),
      observers_(std::move(observers)),
      thread_([this] { run(); }) {}

GroupWriter::~GroupWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void GroupWriter::submit(Write write, WriteDone done, std::size_t weight) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= max_waiting_) {
      // Refused in its turn, on the writer thread like every other answer; what it would write is let go.
      write = [](Connection&) {
        return make_error(absl::StatusCode::kResourceExhausted, "STORE_BUSY", "too many writes wait for the disk",
                          "Try again later; check the disk's load.");
      };
    }
    waiting_.push_back({std::move(write), std::move(done), weight, absl::OkStatus()});
  }
  wake_.notify_one();
}

void GroupWriter::run() {
  std::vector<Entry> group;
  while (true) {
    group.clear();
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      std::size_t weight = 0;
      while (!waiting_.empty() && group.size() < kMaxGroup) {
        weight += waiting_.front().weight;
        if (!group.empty() && weight > kMaxGroupWeight) break;
        group.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
    }
    const auto begin = std::chrono::steady_clock::now();
    commit_group(group);
    tell(group, std::chrono::steady_clock::now() - begin);
    for (Entry& entry : group) {
      entry.write = nullptr;
      if (entry.done) entry.done(std::move(entry.status));
    }
  }
}

void GroupWriter::commit_group(std::vector<Entry>& group) {
  absl::Status status = database_->execute("BEGIN IMMEDIATE");
  if (status.ok()) {
    for (Entry& entry : group) {
      entry.status = run_in_savepoint(entry);
      // A full disk or an I/O error ends the whole transaction.
      if (!database_->in_transaction()) {
        status = entry.status;
        break;
      }
    }
  }
  if (status.ok()) status = database_->execute("COMMIT");
  if (status.ok()) return;
  if (database_->in_transaction()) (void)database_->execute("ROLLBACK");
  for (Entry& entry : group) entry.status = run_alone(entry);
}

void GroupWriter::tell(const std::vector<Entry>& group, std::chrono::nanoseconds took) const {
  if (observers_.empty()) return;
  absl::Status trouble;
  for (const Entry& entry : group) {
    const std::string reason = reason_of(entry.status);  // others are what the write itself found
    if (reason == "DISK_FULL" || reason == "STORE_BUSY" || reason == "STORE_FAILED") trouble = entry.status;
  }
  for (CommitObserver* observer : observers_) observer->on_commit(group.size(), took, trouble);
}

absl::Status GroupWriter::run_in_savepoint(Entry& entry) {
  absl::Status status = database_->execute("SAVEPOINT one_write");
  if (!status.ok()) return status;
  status = entry.write(*database_);
  if (!database_->in_transaction()) return status;
  if (!status.ok()) (void)database_->execute("ROLLBACK TO one_write");
  const absl::Status released = database_->execute("RELEASE one_write");
  return status.ok() ? released : status;
}

absl::Status GroupWriter::run_alone(Entry& entry) {
  absl::Status status = database_->execute("BEGIN IMMEDIATE");
  if (status.ok()) status = entry.write(*database_);
  if (status.ok()) status = database_->execute("COMMIT");
  if (!status.ok() && database_->in_transaction()) (void)database_->execute("ROLLBACK");
  return status;
}

}  // namespace tinyrig::store
