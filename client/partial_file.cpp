#include "client/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tinyrig::client {

PartialFile::PartialFile(std::string path, Readers readers) : path_(std::move(path)), readers_(readers) {}

PartialFile::~PartialFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

std::string PartialFile::failed(int error) const { return "cannot write " + path_ + ": " + std::strerror(error); }

std::string PartialFile::open() {
  struct stat there {};
  // Taking the name of a device or a pipe would put a file in its place.
  if (::stat(path_.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) return path_ + " is there and is no regular file";
  std::string name = path_ + ".XXXXXX";
  fd_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) return failed(errno);
  temporary_ = name;
  return ::fchmod(fd_, readers_ == Readers::kOwner ? 0600 : 0644) == 0 ? "" : failed(errno);
}

std::string PartialFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return "";
}

std::string PartialFile::close() { return ::close(std::exchange(fd_, -1)) == 0 ? "" : failed(errno); }

std::string PartialFile::keep() {
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return failed(errno);
  temporary_.clear();
  return "";
}

}  // namespace tinyrig::client
