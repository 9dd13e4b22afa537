// Models on their way in: bytes that have come so far, by digest, in DATA/uploads/<sha256>.part, so that an
// interrupted upload goes on where it stopped. A part that turns out wrong is deleted at once, one that
// nobody continues when the daemon starts a week later.
//
// Thread-safe; an Upload belongs to one thread at a time. Functions touch the disk: not for gRPC's threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tinyrig::api {

class UploadArea;

/// One upload under way. While it lives, nobody else can upload the same digest. Destroying it keeps what
/// has come for a later resume.
class Upload {
 public:
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  /// OUT_OF_RANGE (UPLOAD_TOO_LONG): more bytes than announced; the part is deleted.
  /// RESOURCE_EXHAUSTED (DISK_FULL).
  absl::Status append(const std::string& bytes);

  /// All bytes, once they are whole and their digest agrees; the part is deleted in any other case but
  /// the first. INVALID_ARGUMENT: UPLOAD_INCOMPLETE, UPLOAD_DIGEST_MISMATCH.
  absl::StatusOr<std::string> take();

  /// Deletes the part.
  void discard();

 private:
  friend class UploadArea;
  Upload(UploadArea& area, std::string sha256, std::uint64_t size_bytes, std::uint64_t received_bytes, int file);

  UploadArea& area_;
  const std::string sha256_;
  const std::uint64_t size_bytes_;
  std::uint64_t received_bytes_;
  const int file_;
};

class UploadArea {
 public:
  /// Makes `folder`, deletes parts older than a week. INTERNAL (DATA_DIR_UNUSABLE).
  static absl::StatusOr<std::unique_ptr<UploadArea>> open(std::filesystem::path folder);

  /// Bytes that are here of an upload; 0 if none. `sha256`: 64 lower-case hex digits.
  std::uint64_t received_bytes(const std::string& sha256) const;

  /// Goes on at `offset`. What had come beyond it is dropped.
  /// ABORTED (UPLOAD_IN_PROGRESS): somebody else uploads the same bytes this moment.
  /// OUT_OF_RANGE (UPLOAD_OFFSET_BEYOND): fewer bytes are here. RESOURCE_EXHAUSTED (DISK_FULL, UPLOADS_FULL).
  absl::StatusOr<std::unique_ptr<Upload>> begin(const std::string& sha256, std::uint64_t size_bytes,
                                                std::uint64_t offset);

 private:
  friend class Upload;
  explicit UploadArea(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path part_of(const std::string& sha256) const { return folder_ / (sha256 + ".part"); }

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::set<std::string> active_;  // guarded by mutex_
};

/// Lower-case hex SHA-256.
std::string sha256_hex(const std::string& bytes);

/// 64 lower-case hex digits.
bool is_sha256_hex(const std::string& text);

}  // namespace tinyrig::api
