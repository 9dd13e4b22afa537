#include "server/store/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "server/base/error.h"

namespace tinyrig::store {
namespace {

absl::Status failed(const std::filesystem::path& file, const std::string& doing, int code) {
  const std::string message = doing + " " + file.string() + ": " + std::strerror(code);
  if (code == ENOSPC || code == EDQUOT) {
    return make_error(absl::StatusCode::kResourceExhausted, "DISK_FULL", message, "Free some disk space.");
  }
  const bool denied = code == EACCES || code == EPERM || code == EROFS;
  return make_error(denied ? absl::StatusCode::kPermissionDenied : absl::StatusCode::kInternal, "STORE_FAILED", message,
                    "Check that the data folder exists and that the daemon's user may write there.");
}

std::string holder_of(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = pread(fd, text.data(), text.size() - 1, 0);
  std::string holder(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!holder.empty() && holder.back() == '\n') holder.pop_back();
  return holder.empty() ? "another process" : "process " + holder;
}

}  // namespace

absl::StatusOr<DirectoryLock> DirectoryLock::acquire(const std::filesystem::path& dir) {
  const std::filesystem::path file = dir / "tinyrigd.lock";
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return failed(file, "opening", errno);
  DirectoryLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed(file, "locking", errno);
    return make_error(absl::StatusCode::kFailedPrecondition, "STORE_LOCKED",
                      "the data folder " + dir.string() + " is in use by " + holder_of(fd),
                      "Stop the other tinyrigd, or start this one with another data folder.");
  }
  // The number is for people; on a full disk the lock holds without it.
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) return lock;
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace tinyrig::store
