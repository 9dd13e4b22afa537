#include "server/daemon/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace tinyrig::daemon {
namespace {

using std::chrono::microseconds;

// A service manager's end of the socket. "@NAME": an abstract one.
class Manager {
 public:
  explicit Manager(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length), 0);
  }
  ~Manager() { ::close(socket_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // The next message that has come; empty: none has.
  std::string heard() const {
    char text[64];
    const ssize_t size = ::recv(socket_, text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  int socket_;
};

class ServiceManagerTest : public ::testing::Test {
 protected:
  ServiceManagerTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-notify-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    forget();
  }
  ~ServiceManagerTest() override {
    forget();
    std::filesystem::remove_all(folder_);
  }
  static void forget() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }

  std::filesystem::path folder_;
};

TEST_F(ServiceManagerTest, HearsOfEachStage) {
  const std::string path = folder_ / "notify";
  const Manager manager(path);
  set("NOTIFY_SOCKET", path);
  const ServiceManager told = ServiceManager::from_environment();
  told.ready();
  told.alive();
  told.ending();
  EXPECT_EQ(manager.heard(), "READY=1");
  EXPECT_EQ(manager.heard(), "WATCHDOG=1");
  EXPECT_EQ(manager.heard(), "STOPPING=1");
  EXPECT_EQ(manager.heard(), "");
}

TEST_F(ServiceManagerTest, HearsOnAnAbstractSocket) {
  const std::string name = "@tinyrig-notify-" + std::to_string(::getpid());
  const Manager manager(name);
  set("NOTIFY_SOCKET", name);
  ServiceManager::from_environment().ready();
  EXPECT_EQ(manager.heard(), "READY=1");
}

TEST_F(ServiceManagerTest, WithoutOneNothingIsSent) {
  set("WATCHDOG_USEC", "1000000");
  const ServiceManager nobody = ServiceManager::from_environment();
  nobody.ready();
  EXPECT_EQ(nobody.alive_every(), std::nullopt);
}

TEST_F(ServiceManagerTest, ThatDoesNotListenIsNoFailure) {
  for (const std::string& name : {(folder_ / "gone").string(), std::string(200, 'x'), std::string("@")}) {
    set("NOTIFY_SOCKET", name);
    ServiceManager::from_environment().ready();
  }
}

TEST_F(ServiceManagerTest, IsToldTwiceInItsTime) {
  set("NOTIFY_SOCKET", folder_ / "notify");
  EXPECT_EQ(ServiceManager::from_environment().alive_every(), std::nullopt) << "it does not wait for us";
  set("WATCHDOG_USEC", "120000000");
  EXPECT_EQ(ServiceManager::from_environment().alive_every(), microseconds(60'000'000));
  set("WATCHDOG_PID", std::to_string(::getpid()));
  EXPECT_EQ(ServiceManager::from_environment().alive_every(), microseconds(60'000'000));
  set("WATCHDOG_PID", "1");
  EXPECT_EQ(ServiceManager::from_environment().alive_every(), std::nullopt) << "it waits for another process";
  ::unsetenv("WATCHDOG_PID");
  for (const char* nonsense : {"", "x", "-1", "0", "1", "99999999999999999999"}) {
    set("WATCHDOG_USEC", nonsense);
    EXPECT_EQ(ServiceManager::from_environment().alive_every(), std::nullopt) << nonsense;
  }
}

}  // namespace
}  // namespace tinyrig::daemon
