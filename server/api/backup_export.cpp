#include "server/api/backup_export.h"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "absl/time/clock.h"
#include "server/api/open_stream.h"
#include "server/base/error.h"
#include "server/store/columns.h"
#include "server/store/store.h"

namespace tinyrig::api {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;
constexpr std::chrono::milliseconds kBetweenProgress(200);

// A copy on its way out. Its file has no name any more: however this ends, its room is free afterwards.
struct Rest {
  std::ifstream stream;
};

void send_pieces(const std::shared_ptr<BackupOutbox>& outbox, const v1::Backup& backup,
                 const std::filesystem::path& file) {
  const auto rest = std::make_shared<Rest>(Rest{std::ifstream(file, std::ios::binary)});
  std::error_code error;
  std::filesystem::remove(file, error);
  if (!rest->stream) {
    return outbox->close(make_error(absl::StatusCode::kInternal, "STORE_FAILED", "the copy cannot be read back"));
  }
  outbox->on_drained([rest, raw = outbox.get()] {
    std::string piece(kPieceBytes, '\0');
    rest->stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    piece.resize(static_cast<std::size_t>(rest->stream.gcount()));
    // One that does not come whole is noticed by who receives it: its size is told first.
    if (piece.empty()) return raw->close(absl::OkStatus());
    v1::ExportBackupResponse response;
    response.set_data(std::move(piece));
    raw->push(std::move(response));
  });
  v1::ExportBackupResponse first;
  *first.mutable_backup() = backup;
  outbox->push(std::move(first));
}

}  // namespace

// One call, from its beginning to the end of its stream.
class BackupDesk::Export {
 public:
  std::atomic<bool> ended = false;
};

BackupDesk::BackupDesk(ServiceContext& context) : context_(context), file_(context.config.data_dir / "backup.tmp") {
  std::error_code error;
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) std::filesystem::remove(file_.string() + suffix, error);
}

BackupDesk::~BackupDesk() {
  const std::lock_guard lock(mutex_);
  if (const auto current = export_.lock()) current->ended = true;
  if (copying_.joinable()) copying_.join();
}

grpc::ServerWriteReactor<v1::ExportBackupResponse>* BackupDesk::export_backup(grpc::CallbackServerContext* call) {
  const boost::asio::any_io_executor strand = boost::asio::make_strand(context_.executor);
  const auto outbox = BackupOutbox::make(call, strand, /*capacity=*/1);
  boost::asio::post(strand, [this, call, outbox] {
    const auto opened = open_stream<v1::ExportBackupRequest>(*call, context_, outbox);
    if (!opened.ok()) return outbox->close(opened.status());
    const auto current = std::make_shared<Export>();
    outbox->on_ended([live = opened->live, current, streams = context_.streams] {
      current->ended = true;
      streams->remove(live);
    });
    const absl::Status begun = begin_copy(outbox, current);
    context_.access.record(opened->caller, method_of<v1::ExportBackupRequest>(), "", begun);
    if (!begun.ok()) outbox->close(begun);
  });
  return outbox.get();
}

absl::Status BackupDesk::begin_copy(const std::shared_ptr<BackupOutbox>& outbox,
                                    const std::shared_ptr<Export>& current) {
  const std::lock_guard lock(mutex_);
  if (export_.lock() != nullptr) {
    return make_error(absl::StatusCode::kFailedPrecondition, "BACKUP_RUNNING", "a backup is being taken already",
                      "Try again when it is done.");
  }
  export_ = current;
  if (copying_.joinable()) copying_.join();  // has ended: nobody holds its export any more
  copying_ = std::thread([this, outbox, current] {
    const boost::asio::any_io_executor& strand = outbox->strand();
    auto told_at = std::chrono::steady_clock::now();
    const auto watch = [&](std::uint64_t done_bytes, std::uint64_t total_bytes) {
      const auto now = std::chrono::steady_clock::now();
      if (now - told_at >= kBetweenProgress) {
        told_at = now;
        v1::ExportBackupResponse response;
        response.mutable_progress()->set_done_bytes(done_bytes);
        response.mutable_progress()->set_total_bytes(total_bytes);
        boost::asio::post(strand,
                          [outbox, response = std::move(response)]() mutable { outbox->push(std::move(response)); });
      }
      return !current->ended;
    };
    const absl::Time taken = absl::Now();
    absl::StatusOr<v1::Backup> backup = context_.store.back_up(file_, watch);
    if (backup.ok()) {
      backup->set_server_version(context_.config.server_version);
      *backup->mutable_time() = store::timestamp_of(taken);
    }
    boost::asio::post(strand, [outbox, backup = std::move(backup), file = file_] {
      if (!backup.ok()) return outbox->close(backup.status());
      send_pieces(outbox, *backup, file);
    });
  });
  return absl::OkStatus();
}

}  // namespace tinyrig::api
