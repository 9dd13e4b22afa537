// Tells when serial ports of this machine come and go, as the kernel announces it (NETLINK_KOBJECT_UEVENT). PTYs are
// not announced.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tinyrig::discovery {

struct Uevent {
  std::string action;     // "add", "remove", "change", ...
  std::string subsystem;  // "tty"
};

/// Of one datagram: "ACTION@DEVPATH", then KEY=VALUE, each ended by a zero byte. nullopt: it is no such thing.
std::optional<Uevent> parse_uevent(std::string_view datagram);

class HotPlug {
 public:
  /// `changed` is called on `executor` a moment after ports came or went (a hub is many events, and one call), and once
  /// more when udev has had time for its links. UNAVAILABLE (HOT_PLUG_UNAVAILABLE) where the kernel has no such socket.
  static absl::StatusOr<std::unique_ptr<HotPlug>> start(const boost::asio::any_io_executor& executor,
                                                        std::function<void()> changed);
  /// No call begins after it returns; one may still run.
  ~HotPlug();
  HotPlug(const HotPlug&) = delete;
  HotPlug& operator=(const HotPlug&) = delete;

 private:
  class Watch;
  explicit HotPlug(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}
  std::shared_ptr<Watch> watch_;
};

}  // namespace tinyrig::discovery
