#include "server/api/upload_area.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include "server/base/error.h"

namespace tinyrig::api {
namespace {

// Of all interrupted uploads together.
constexpr std::uint64_t kMaxPartsBytes = std::uint64_t{1} << 30;
constexpr auto kPartLifetime = std::chrono::hours(24 * 7);

absl::Status disk_error(const std::filesystem::path& path, int error) {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return make_error(absl::StatusCode::kResourceExhausted, "DISK_FULL",
                      "no room on the disk for the upload in " + path.string(),
                      "free space in the daemon's data folder, then upload again: it goes on where it stopped");
  }
  return make_error(absl::StatusCode::kInternal, "DATA_DIR_UNUSABLE",
                    "cannot use " + path.string() + ": " + std::strerror(error),
                    "check owner and rights of the daemon's data folder");
}

}  // namespace

std::string sha256_hex(const std::string& bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 0xFU];
  }
  return hex;
}

bool is_sha256_hex(const std::string& text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// --- Upload ---------------------------------------------------------------------------------------------

Upload::Upload(UploadArea& area, std::string sha256, std::uint64_t size_bytes, std::uint64_t received_bytes, int file)
    : area_(area), sha256_(std::move(sha256)), size_bytes_(size_bytes), received_bytes_(received_bytes), file_(file) {}

Upload::~Upload() {
  ::close(file_);
  const std::lock_guard lock(area_.mutex_);
  area_.active_.erase(sha256_);
}

absl::Status Upload::append(const std::string& bytes) {
  if (bytes.size() > size_bytes_ - received_bytes_) {
    discard();
    return make_error(absl::StatusCode::kOutOfRange, "UPLOAD_TOO_LONG",
                      "more bytes came than the " + std::to_string(size_bytes_) + " that the header announced",
                      "announce the file's size and send the file from offset on");
  }
  for (std::size_t written = 0; written < bytes.size();) {
    const ssize_t n =
        ::pwrite(file_, bytes.data() + written, bytes.size() - written, static_cast<off_t>(received_bytes_ + written));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      // Back to whole chunks, so that a resume starts at what GetUploadStatus says.
      if (::ftruncate(file_, static_cast<off_t>(received_bytes_)) != 0) discard();
      return disk_error(area_.part_of(sha256_), error);
    }
    written += static_cast<std::size_t>(n);
  }
  received_bytes_ += bytes.size();
  return absl::OkStatus();
}

absl::StatusOr<std::string> Upload::take() {
  if (received_bytes_ < size_bytes_) {
    return make_error(absl::StatusCode::kInvalidArgument, "UPLOAD_INCOMPLETE",
                      std::to_string(received_bytes_) + " of " + std::to_string(size_bytes_) + " bytes came",
                      "upload again from offset " + std::to_string(received_bytes_) + "; what came is kept");
  }
  std::string bytes(size_bytes_, '\0');
  for (std::size_t got = 0; got < bytes.size();) {
    const ssize_t n = ::pread(file_, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int error = n == 0 ? EIO : errno;
      discard();
      return disk_error(area_.part_of(sha256_), error);
    }
    got += static_cast<std::size_t>(n);
  }
  discard();
  const std::string digest = sha256_hex(bytes);
  if (digest != sha256_) {
    return make_error(absl::StatusCode::kInvalidArgument, "UPLOAD_DIGEST_MISMATCH",
                      "the bytes that came have the digest " + digest + ", announced was " + sha256_,
                      "the file changed or was damaged on the way: upload it again from the start");
  }
  return bytes;
}

void Upload::discard() {
  std::error_code ignored;
  std::filesystem::remove(area_.part_of(sha256_), ignored);
}

// --- UploadArea -----------------------------------------------------------------------------------------

absl::StatusOr<std::unique_ptr<UploadArea>> UploadArea::open(std::filesystem::path folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return disk_error(folder, error.value());
  const auto oldest = std::filesystem::file_time_type::clock::now() - kPartLifetime;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::error_code ignored;
    if (entry.path().extension() == ".part" && entry.last_write_time(ignored) < oldest) {
      std::filesystem::remove(entry.path(), ignored);
    }
  }
  if (error) return disk_error(folder, error.value());
  return std::unique_ptr<UploadArea>(new UploadArea(std::move(folder)));
}

std::uint64_t UploadArea::received_bytes(const std::string& sha256) const {
  std::error_code error;
  const auto size = std::filesystem::file_size(part_of(sha256), error);
  return error ? 0 : size;
}

absl::StatusOr<std::unique_ptr<Upload>> UploadArea::begin(const std::string& sha256, std::uint64_t size_bytes,
                                                          std::uint64_t offset) {
  {
    const std::lock_guard lock(mutex_);
    if (!active_.insert(sha256).second) {
      return make_error(absl::StatusCode::kAborted, "UPLOAD_IN_PROGRESS", "the same bytes are being uploaded already",
                        "wait for the other upload and try again");
    }
  }
  const auto release = [this, &sha256](absl::Status status) {
    const std::lock_guard lock(mutex_);
    active_.erase(sha256);
    return status;
  };

  const std::uint64_t present = received_bytes(sha256);
  if (offset > present) {
    return release(make_error(absl::StatusCode::kOutOfRange, "UPLOAD_OFFSET_BEYOND",
                              "the upload starts at byte " + std::to_string(offset) + ", but only " +
                                  std::to_string(present) + " bytes are here",
                              "ask GetUploadStatus and start there, or at 0"));
  }
  std::uint64_t parts_bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    std::error_code gone;
    const auto size = entry.file_size(gone);
    if (!gone && entry.path() != part_of(sha256)) parts_bytes += size;
  }
  if (parts_bytes + size_bytes > kMaxPartsBytes) {
    return release(make_error(absl::StatusCode::kResourceExhausted, "UPLOADS_FULL",
                              "too many interrupted uploads lie in " + folder_.string(),
                              "finish them, or delete the .part files of that folder"));
  }
  const int file = ::open(part_of(sha256).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return release(disk_error(part_of(sha256), errno));
  if (::ftruncate(file, static_cast<off_t>(offset)) != 0) {
    const int reason = errno;
    ::close(file);
    return release(disk_error(part_of(sha256), reason));
  }
  return std::unique_ptr<Upload>(new Upload(*this, sha256, size_bytes, offset, file));
}

}  // namespace tinyrig::api
