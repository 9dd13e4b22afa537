// Tells the service manager that started the daemon how it is: systemd's protocol, a datagram to $NOTIFY_SOCKET.
// Started by hand there is none, and nothing is sent.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace tinyrig::daemon {

class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  static ServiceManager from_environment();

  void ready() const { tell("READY=1"); }
  void ending() const { tell("STOPPING=1"); }
  void alive() const { tell("WATCHDOG=1"); }
  /// How often alive() is to be called: twice in the time after which we would be taken for dead. nullopt: nobody
  /// waits.
  std::optional<std::chrono::microseconds> alive_every() const { return alive_every_; }

 private:
  // Lost when nobody listens: the daemon does its work all the same.
  void tell(const std::string& message) const;

  std::string socket_;  // "@NAME": an abstract one. Empty: no manager
  std::optional<std::chrono::microseconds> alive_every_;
};

}  // namespace tinyrig::daemon
