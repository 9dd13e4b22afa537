// AdminService.ExportBackup: a copy of the store is taken on a thread of its own, then leaves in pieces.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "server/api/outbox.h"
#include "server/api/service_context.h"
#include "tinyrig/v1/admin.pb.h"

namespace tinyrig::api {

using BackupOutbox = Outbox<v1::ExportBackupResponse>;

/// One backup at a time: each takes as much room beside the database as the database has.
class BackupDesk {
 public:
  /// Removes what a killed daemon left. `context` must outlive it.
  explicit BackupDesk(ServiceContext& context);
  /// Ends the copy under way.
  ~BackupDesk();
  BackupDesk(const BackupDesk&) = delete;
  BackupDesk& operator=(const BackupDesk&) = delete;

  /// Thread-safe.
  grpc::ServerWriteReactor<v1::ExportBackupResponse>* export_backup(grpc::CallbackServerContext* call);

 private:
  class Export;

  /// FAILED_PRECONDITION BACKUP_RUNNING.
  absl::Status begin_copy(const std::shared_ptr<BackupOutbox>& outbox, const std::shared_ptr<Export>& current);

  ServiceContext& context_;
  const std::filesystem::path file_;
  std::mutex mutex_;
  std::thread copying_;           // guarded by mutex_
  std::weak_ptr<Export> export_;  // guarded by mutex_
};

}  // namespace tinyrig::api
