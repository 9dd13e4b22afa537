// A bootloader that a board shows on USB in place of its application. It is known by the socket that the board is
// plugged into, which stays, and by its USB identity. Where the application allows, it is entered by the "1200-baud
// touch": the board's port is opened at 1200 baud, DTR is dropped, the port is closed, and the board comes back as its
// bootloader.
//
// One call at a time, on one executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/flash/poll.h"
#include "server/link/transport.h"
#include "server/usb/places.h"

namespace tinyrig::flash {

/// Opens a serial line.
using LineOpener = std::function<absl::StatusOr<std::unique_ptr<link::Transport>>(
    boost::asio::any_io_executor executor, const std::string& port, std::uint32_t baud)>;
absl::StatusOr<std::unique_ptr<link::Transport>> open_serial_port(boost::asio::any_io_executor executor,
                                                                  const std::string& port, std::uint32_t baud);

struct UsbBootloaderOptions {
  std::vector<std::string> usb_ids;  // what the socket shows while it runs: "2e8a:0003"
  bool touch_1200 = false;
  std::string socket;                          // "1-1.4"; empty: that of the port
  std::chrono::milliseconds patience{10'000};  // for what comes and goes on USB
  usb::Places places;
  LineOpener open_line = open_serial_port;
};

class UsbBootloader {
 public:
  UsbBootloader(std::string port, UsbBootloaderOptions options);

  /// Where the board is plugged in: as it was seen last while its port is away. Empty: not known.
  std::string socket() const;
  /// It waits for firmware.
  bool runs() const;

  /// Returns when it runs. FLASH_NO_PROBE, FLASH_BUSY: the port · FLASH_NO_TARGET: it must be entered by hand ·
  /// FLASH_TIMEOUT: the touch did not help · CANCELLED.
  boost::asio::awaitable<absl::Status> enter();
  /// Its serial port, "/dev/ttyACM1". FLASH_TIMEOUT · CANCELLED.
  boost::asio::awaitable<absl::StatusOr<std::string>> port();

  /// Ends a pending call with CANCELLED. begin() before the next.
  void cancel() { poll_.cancel(); }
  void begin() { poll_.begin(); }

  const UsbBootloaderOptions& options() const { return options_; }

 private:
  boost::asio::awaitable<absl::Status> touch();
  std::string what_is_there() const;

  const std::string port_;
  const UsbBootloaderOptions options_;
  mutable std::string seen_socket_;
  Poll poll_;
};

}  // namespace tinyrig::flash
