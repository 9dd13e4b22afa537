#include "server/daemon/first_admin.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig::daemon {
namespace {

template <typename T, typename Ask>
absl::StatusOr<T> wait_for_store(Ask ask) {
  auto answer = std::make_shared<std::promise<absl::StatusOr<T>>>();
  std::future<absl::StatusOr<T>> came = answer->get_future();
  ask([answer](absl::StatusOr<T> result) { answer->set_value(std::move(result)); });
  return came.get();
}

absl::Status write_for_owner(const std::filesystem::path& file, const std::string& text) {
  ::unlink(file.c_str());  // one of before may have other rights
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written =
      fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (written) return absl::OkStatus();
  return make_error(absl::StatusCode::kInternal, "FILE_UNWRITABLE",
                    "cannot write " + file.string() + ": " + std::strerror(error),
                    "check owner and rights of the daemon's data folder");
}

}  // namespace

absl::Status provide_admin(access::AccessControl& access, const std::filesystem::path& file) {
  if (!access.tokens_required() || access.tokens().has_admin()) return absl::OkStatus();
  const access::TokenSpec spec{"admin", "first", v1::ROLE_ADMIN, absl::InfiniteFuture(), ""};
  TINYRIG_ASSIGN_OR_RETURN(const access::NewToken made, wait_for_store<access::NewToken>([&](auto done) {
                             access.tokens().create(spec, std::move(done));
                           }));
  if (const absl::Status written = write_for_owner(file, made.secret + "\n"); !written.ok()) {
    (void)wait_for_store<v1::Token>([&](auto done) { access.tokens().revoke(made.token.id(), std::move(done)); });
    return written;
  }
  spdlog::info("an admin's token is in {}: tinyrig login --token-file {}", file.string(), file.string());
  return absl::OkStatus();
}

}  // namespace tinyrig::daemon
