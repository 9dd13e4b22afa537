#include "server/daemon/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/numbers.h"

namespace tinyrig::daemon {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<std::chrono::microseconds> watchdog_period() {
  std::int64_t microseconds = 0;
  if (!absl::SimpleAtoi(variable("WATCHDOG_USEC"), &microseconds) || microseconds < 2) return std::nullopt;
  // Meant for a process that was started on the way to us.
  const std::string pid = variable("WATCHDOG_PID");
  if (!pid.empty() && pid != std::to_string(::getpid())) return std::nullopt;
  return std::chrono::microseconds(microseconds / 2);
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  manager.socket_ = variable("NOTIFY_SOCKET");
  if (!manager.socket_.empty()) manager.alive_every_ = watchdog_period();
  return manager;
}

void ServiceManager::tell(const std::string& message) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() > sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::copy(socket_.begin(), socket_.end(), address.sun_path);
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  // An abstract name ends with the address, hence its exact length.
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(socket, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), length);
  ::close(socket);
}

}  // namespace tinyrig::daemon
