#include "server/flash/usb_bootloader.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/flash/tool_errors.h"
#include "server/link/serial_port.h"
#include "server/usb/sysfs.h"

namespace tinyrig::flash {
namespace {

using boost::asio::awaitable;

double seconds_of(std::chrono::milliseconds duration) { return static_cast<double>(duration.count()) / 1000; }

}  // namespace

absl::StatusOr<std::unique_ptr<link::Transport>> open_serial_port(boost::asio::any_io_executor executor,
                                                                  const std::string& port, std::uint32_t baud) {
  absl::StatusOr<std::unique_ptr<link::SerialPort>> line = link::SerialPort::open(std::move(executor), port, baud);
  if (!line.ok()) return line.status();
  return *std::move(line);
}

UsbBootloader::UsbBootloader(std::string port, UsbBootloaderOptions options)
    : port_(std::move(port)), options_(std::move(options)) {}

std::string UsbBootloader::socket() const {
  if (!options_.socket.empty()) return options_.socket;
  std::string now = usb::socket_of_port(options_.places, port_);
  if (!now.empty()) seen_socket_ = std::move(now);
  return seen_socket_;
}

bool UsbBootloader::runs() const {
  return std::ranges::find(options_.usb_ids, usb::id_at(options_.places, socket())) != options_.usb_ids.end();
}

std::string UsbBootloader::what_is_there() const {
  const std::string id = usb::id_at(options_.places, socket());
  return absl::StrCat("at USB socket ", socket(), " is ", id.empty() ? "nothing" : id, ", not the bootloader (",
                      absl::StrJoin(options_.usb_ids, ", "), ")");
}

awaitable<absl::Status> UsbBootloader::enter() {
  if (socket().empty()) {
    co_return flash_failure(FlashFailure::kNoProbe,
                            absl::StrCat(port_,
                                         " is not there or not on USB, so that the board's USB socket is not known; "
                                         "'usb' of its 'flasher' in the farm file may say it"));
  }
  if (runs()) co_return absl::OkStatus();
  if (!options_.touch_1200) {
    co_return flash_failure(FlashFailure::kNoTarget,
                            absl::StrCat(what_is_there(), "; it must be entered by hand (BOOTSEL, reset twice)"));
  }
  auto touching = touch();
  const absl::Status touched = co_await std::move(touching);
  if (!touched.ok()) co_return touched;
  auto waiting = poll_.until([this] { return runs(); }, Poll::Clock::now() + options_.patience);
  const absl::Status there = co_await std::move(waiting);
  if (!absl::IsDeadlineExceeded(there)) co_return there;
  co_return flash_failure(FlashFailure::kTimeout,
                          absl::StrFormat("%.1f s after the 1200-baud touch of %s, %s", seconds_of(options_.patience),
                                          port_, what_is_there()));
}

awaitable<absl::Status> UsbBootloader::touch() {
  constexpr std::uint32_t kTouchBaud = 1200;
  const auto executor = co_await boost::asio::this_coro::executor;
  absl::StatusOr<std::unique_ptr<link::Transport>> line = options_.open_line(executor, port_, kTouchBaud);
  if (!line.ok()) co_return port_failure(line.status());
  // A board may be on its way before the call has ended: whether it helped is seen at the socket.
  (*line)->set_dtr(false).IgnoreError();
  (*line)->close();
  co_return absl::OkStatus();
}

awaitable<absl::StatusOr<std::string>> UsbBootloader::port() {
  std::string path;
  const auto usable = [&] {
    if (!runs()) return false;
    for (const std::string& tty : usb::ttys_at(options_.places, socket())) {
      path = (options_.places.dev / tty).string();
      if (::access(path.c_str(), R_OK | W_OK) == 0) return true;  // udev gives it to us a moment later
    }
    return false;
  };
  auto waiting = poll_.until(usable, Poll::Clock::now() + options_.patience);
  const absl::Status there = co_await std::move(waiting);
  if (absl::IsDeadlineExceeded(there)) {
    co_return flash_failure(FlashFailure::kTimeout,
                            absl::StrCat("the bootloader at USB socket ", socket(),
                                         path.empty() ? " shows no serial port"
                                                      : absl::StrCat(" has ", path, ", which may not be opened")));
  }
  if (!there.ok()) co_return there;
  co_return path;
}

}  // namespace tinyrig::flash
