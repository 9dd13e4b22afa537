// AdminService: the daemon's disk, and copies of what is on it.
#include <system_error>

#include "absl/time/clock.h"
#include "server/api/backup_export.h"
#include "server/api/services.h"
#include "server/api/unary.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/jobs/job_queue.h"
#include "server/store/store.h"
#include "tinyrig/v1/admin.grpc.pb.h"

namespace tinyrig::api {
namespace {

void add_uploads(const std::filesystem::path& folder, v1::GetStorageResponse* report) {
  v1::StoredKind* kind = report->add_kinds();
  kind->set_kind(v1::STORAGE_KIND_UPLOADS);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    // A file that has just gone has no size.
    const std::uintmax_t size = entry.file_size(error);
    if (error) continue;
    kind->set_count(kind->count() + 1);
    kind->set_size_bytes(kind->size_bytes() + size);
  }
}

class AdminService final : public v1::AdminService::CallbackService {
 public:
  explicit AdminService(ServiceContext& context) : context_(context), backups_(context) {}

  grpc::ServerUnaryReactor* GetStorage(grpc::CallbackServerContext* call, const v1::GetStorageRequest* request,
                                       v1::GetStorageResponse* response) override {
    return answer(call, context_, request, response, [this, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(*response, context_.store.storage(absl::Now()));
      add_uploads(context_.config.data_dir / "uploads", response);
      response->set_results_waiting(static_cast<std::uint32_t>(context_.jobs.unsaved_ends()));
      const absl::Status intake = context_.store.intake();
      response->set_intake_stopped_reason(reason_of(intake));
      response->set_intake_stopped_message(std::string(intake.message()));
      return absl::OkStatus();
    });
  }

  grpc::ServerWriteReactor<v1::ExportBackupResponse>* ExportBackup(grpc::CallbackServerContext* call,
                                                                   const v1::ExportBackupRequest*) override {
    return backups_.export_backup(call);
  }

 private:
  ServiceContext& context_;
  BackupDesk backups_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_admin_service(ServiceContext& context) {
  return std::make_unique<AdminService>(context);
}

}  // namespace tinyrig::api
