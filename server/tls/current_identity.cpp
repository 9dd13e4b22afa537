#include "server/tls/current_identity.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "server/base/status_macros.h"

namespace tinyrig::tls {
namespace {

// Of the file system's clock, generously: a file may change again within one, and have the same stamp.
constexpr absl::Duration kTick = absl::Seconds(1);

}  // namespace

absl::StatusOr<std::unique_ptr<CurrentIdentity>> CurrentIdentity::load(ServerFiles files, const Clock& clock) {
  std::unique_ptr<CurrentIdentity> current(new CurrentIdentity(std::move(files), clock));
  const absl::StatusOr<bool> loaded = current->look();
  if (!loaded.ok()) return loaded.status();
  return current;
}

std::shared_ptr<const ServerIdentity> CurrentIdentity::get() const {
  const std::lock_guard lock(mutex_);
  return identity_;
}

absl::StatusOr<bool> CurrentIdentity::look() {
  const absl::Time time = clock_.now();
  // Before the files are read: what changes meanwhile is seen by the next look.
  Stamps now = stamps();
  if (now == read_) return false;
  read_.clear();  // until they have been read well
  TINYRIG_ASSIGN_OR_RETURN(std::shared_ptr<const ServerIdentity> identity, ServerIdentity::load(files_, time));
  const auto recent = [&](const Stamp& stamp) { return absl::FromUnixNanos(stamp.changed_ns) > time - kTick; };
  if (std::ranges::none_of(now, recent)) read_ = std::move(now);
  const std::lock_guard lock(mutex_);
  if (identity_ != nullptr && identity_->same_as(*identity)) return false;
  identity_ = std::move(identity);
  return true;
}

CurrentIdentity::Stamps CurrentIdentity::stamps() const {
  Stamps stamps;
  for (const std::filesystem::path& file : {files_.certificate, files_.key, files_.client_ca}) {
    struct stat there {};
    Stamp& stamp = stamps.emplace_back();
    if (::stat(file.c_str(), &there) != 0) continue;
    stamp = {there.st_ino, there.st_size, there.st_ctim.tv_sec * 1'000'000'000 + there.st_ctim.tv_nsec};
  }
  return stamps;
}

}  // namespace tinyrig::tls
