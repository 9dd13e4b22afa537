// tinyrig admin: the daemon's disk, and copies of what is on it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "absl/time/clock.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/interrupt.h"
#include "client/partial_file.h"
#include "client/percent_progress.h"
#include "client/storage_text.h"
#include "client/table.h"
#include "server/base/error.h"
#include "server/base/sha256.h"
#include "server/store/backup_folder.h"
#include "tinyrig/v1/admin.grpc.pb.h"

namespace tinyrig::client {
namespace {

constexpr char kBackupAdvice[] = "check folder and room";

ExitCode report_local(const absl::Status& status) {
  return report({kRefused, reason_of(status), std::string(status.message()), hint_of(status)});
}

// The folder of a backup under another name, removed unless it is kept.
class PartialFolder {
 public:
  explicit PartialFolder(std::filesystem::path path) : path_(std::move(path)) {}
  ~PartialFolder() {
    std::error_code ignored;
    if (!temporary_.empty()) std::filesystem::remove_all(temporary_, ignored);
  }
  PartialFolder(const PartialFolder&) = delete;
  PartialFolder& operator=(const PartialFolder&) = delete;

  /// "" or what went wrong.
  std::string open() {
    std::error_code error;
    if (std::filesystem::exists(path_, error) || error) return path_.string() + " is there already";
    std::string name = path_.string() + ".XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      return "cannot make " + path_.string() + ": " + std::error_code(errno, std::generic_category()).message();
    }
    temporary_ = name;
    return "";
  }
  std::string keep() {
    // A folder that came meanwhile is not replaced: it is not empty, or nothing is lost.
    std::error_code error;
    std::filesystem::rename(temporary_, path_, error);
    if (error) return "cannot name " + path_.string() + ": " + error.message();
    temporary_.clear();
    return "";
  }
  const std::filesystem::path& temporary() const { return temporary_; }

 private:
  const std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty: there is none
};

// What came of the stream, beside how the call itself ended.
struct ReceivedBackup {
  std::optional<v1::Backup> backup;
  std::uint64_t bytes = 0;
  std::string broken;     // the server's parts make no backup
  std::string unwritten;  // the file could not be written
};

ReceivedBackup receive_backup(grpc::ClientReader<v1::ExportBackupResponse>& stream, PartialFile& file) {
  ReceivedBackup received;
  std::optional<PercentProgress> taking;
  std::optional<PercentProgress> receiving;
  v1::ExportBackupResponse part;
  while (stream.Read(&part)) {
    if (part.has_progress()) {
      if (!taking.has_value()) taking.emplace("taking the copy");
      taking->show(part.progress().done_bytes(), part.progress().total_bytes());
      continue;
    }
    if (part.has_backup() == received.backup.has_value()) {
      received.broken = part.has_backup() ? "the server began the backup twice" : "the server left out what it sends";
      return received;
    }
    if (part.has_backup()) {
      received.backup = part.backup();
      taking.reset();
      receiving.emplace("receiving");
      continue;
    }
    received.bytes += part.data().size();
    received.unwritten = file.write(part.data());
    if (!received.unwritten.empty()) return received;
    receiving->show(received.bytes, received.backup->size_bytes());
  }
  return received;
}

std::string backup_text(const std::string& folder, const v1::Backup& backup) {
  return printable(folder + ": backup of " + time(backup.time()) + ", " + bytes(backup.size_bytes()) + ", " +
                   grouped(backup.jobs()) + " jobs, " + grouped(backup.runs()) + " runs, " + grouped(backup.results()) +
                   " results, " + grouped(backup.models()) + " models, by tinyrigd " + backup.server_version() +
                   " (schema " + std::to_string(backup.schema_version()) + ")") +
         "\n";
}

}  // namespace

ExitCode admin_storage(const GlobalOptions& global) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::AdminService>();
  v1::GetStorageResponse response;
  const ExitCode called =
      connection.call(*stub, &v1::AdminService::Stub::GetStorage, v1::GetStorageRequest(), &response);
  if (called != kOk) return called;
  return print(global.json ? to_json(response) : storage_text(response)) ? kOk : kUnavailable;
}

ExitCode admin_backup(const GlobalOptions& global, const std::string& folder) {
  InterruptWatch interrupt;
  const Connection connection(global.server);
  PartialFolder partial(std::filesystem::path(folder).lexically_normal());
  if (const std::string problem = partial.open(); !problem.empty()) return report_usage(problem, kBackupAdvice);
  const std::filesystem::path database = partial.temporary() / store::kBackupDatabase;
  PartialFile file(database.string());
  if (const std::string problem = file.open(); !problem.empty()) return report_usage(problem, kBackupAdvice);

  const auto stub = connection.stub<v1::AdminService>();
  grpc::ClientContext context;
  const auto stream = stub->ExportBackup(&context, v1::ExportBackupRequest());
  interrupt.on_interrupt([&context] { context.TryCancel(); });
  const ReceivedBackup received = receive_backup(*stream, file);
  if (!received.broken.empty() || !received.unwritten.empty()) context.TryCancel();
  const grpc::Status status = stream->Finish();
  interrupt.on_interrupt(nullptr);
  if (!received.unwritten.empty()) return report_usage(received.unwritten, kBackupAdvice);
  if (!received.broken.empty()) return report({kUnavailable, "BACKUP_BROKEN", received.broken, "try again"});
  if (interrupt.interrupted()) {
    std::fprintf(stderr, "tinyrig: given up; nothing was written\n");
    return kDetached;
  }
  if (!status.ok()) return report(failure_of(status, context, connection.server()));
  std::string problem = file.close();
  if (problem.empty()) problem = file.keep();
  if (!problem.empty()) return report_usage(problem, kBackupAdvice);
  const absl::StatusOr<std::string> sha256 = sha256_hex_of_file(database);
  if (!received.backup.has_value() || !sha256.ok() || *sha256 != received.backup->sha256()) {
    return report({kUnavailable, "BACKUP_BROKEN", "the backup did not come as it was taken", "try again"});
  }
  if (const absl::Status described = store::describe_backup(partial.temporary(), *received.backup); !described.ok()) {
    return report_usage(std::string(described.message()), kBackupAdvice);
  }
  if (problem = partial.keep(); !problem.empty()) return report_usage(problem, kBackupAdvice);
  return print(global.json ? to_json(*received.backup) : backup_text(folder, *received.backup)) ? kOk : kUnavailable;
}

ExitCode admin_verify(const GlobalOptions& global, const std::string& folder) {
  const absl::StatusOr<v1::Backup> backup = store::verify_backup(folder);
  if (!backup.ok()) return report_local(backup.status());
  return print(global.json ? to_json(*backup) : "sound: " + backup_text(folder, *backup)) ? kOk : kUnavailable;
}

ExitCode admin_restore(const GlobalOptions& global, const RestoreOptions& options) {
  const absl::StatusOr<store::Restored> restored =
      store::restore_backup(options.folder, options.state, options.replace, absl::Now());
  if (!restored.ok()) return report_local(restored.status());
  if (!restored->replaced.empty()) {
    std::fprintf(stderr, "%s\n", printable("what was there is now " + restored->replaced.string()).c_str());
  }
  const std::string text =
      printable("restored into " + options.state) + ": " + backup_text(options.folder, restored->backup);
  return print(global.json ? to_json(restored->backup) : text) ? kOk : kUnavailable;
}

}  // namespace tinyrig::client
