// tinyrigd as a service manager sees it.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;

class ServiceSocket {
 public:
  explicit ServiceSocket(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~ServiceSocket() { ::close(socket_); }
  ServiceSocket(const ServiceSocket&) = delete;
  ServiceSocket& operator=(const ServiceSocket&) = delete;

  std::string next_message() const {
    pollfd readable{socket_, POLLIN, 0};
    if (::poll(&readable, 1, 60'000) != 1) return "none in a minute";
    char text[64];
    const ssize_t size = ::recv(socket_, text, sizeof text, 0);
    return {text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  int socket_;
};

TEST(ServiceTest, TheDaemonSaysThatItServesThatItLivesAndThatItEnds) {
  const ShortFolder folder;
  const std::string path = folder.path() / "notify";
  const ServiceSocket manager(path);
  Emulator emulator(folder.path(), "host");
  Daemon daemon(folder.path(),
                {.farm_files = {emulator.farm_file()}, .variables = {"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=100000"}});
  EXPECT_EQ(manager.next_message(), "READY=1");
  for (int i = 0; i != 3; ++i) EXPECT_EQ(manager.next_message(), "WATCHDOG=1");
  daemon.process().signal(SIGTERM);
  std::string message = manager.next_message();
  while (message == "WATCHDOG=1") message = manager.next_message();
  EXPECT_EQ(message, "STOPPING=1");
  EXPECT_EQ(daemon.process().wait(within(seconds(30))), 0) << daemon.log();
}

}  // namespace
}  // namespace tinyrig::test
