#include "server/link/serial_port.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/link/tty_settings.h"

namespace tinyrig::link {
namespace {

std::string text_of(int error_number) { return std::generic_category().message(error_number); }

absl::Status open_error(const std::string& path, int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
      return make_error(absl::StatusCode::kNotFound, "PORT_NOT_FOUND", absl::StrCat(path, ": there is no such port"),
                        "check the cable and the path in the farm's configuration");
    case EACCES:
    case EPERM:
      return make_error(absl::StatusCode::kPermissionDenied, "PORT_NOT_ALLOWED",
                        absl::StrCat(path, ": ", text_of(error_number)),
                        "add the daemon's user to the group that owns the port (dialout)");
    case EBUSY:
      return make_error(absl::StatusCode::kFailedPrecondition, "PORT_IN_USE",
                        absl::StrCat(path, ": another process has the port for itself"), "end that process");
    default:
      return make_error(absl::StatusCode::kUnavailable, "PORT_FAILED", absl::StrCat(path, ": ", text_of(error_number)));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<SerialPort>> SerialPort::open(boost::asio::any_io_executor executor,
                                                             const std::string& path, std::uint32_t baud,
                                                             Parity parity) {
  const int fd = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    return open_error(path, errno);
  }
  if (::isatty(fd) == 0) {
    ::close(fd);
    return make_error(absl::StatusCode::kInvalidArgument, "NOT_A_SERIAL_PORT",
                      absl::StrCat(path, ": is no terminal device"), "give the path of a tty or PTY");
  }
  // The lock keeps out cooperating programs, root's too; TIOCEXCL keeps out the others.
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return open_error(path, EBUSY);
  }
  ::ioctl(fd, TIOCEXCL);
  const int error = make_raw(fd, baud, parity);
  if (error != 0) {
    ::close(fd);
    return open_error(path, error);
  }
  ::tcflush(fd, TCIOFLUSH);
  return std::unique_ptr<SerialPort>(new SerialPort(std::move(executor), fd, path));
}

absl::Status SerialPort::set_baud(std::uint32_t baud) {
  if (!is_open()) {
    return absl::CancelledError(absl::StrCat(name(), ": closed"));
  }
  ::tcdrain(fd());
  const int error = change_baud(fd(), baud);
  if (error == 0) {
    return absl::OkStatus();
  }
  return make_error(absl::StatusCode::kInvalidArgument, "BAUD_NOT_SUPPORTED",
                    absl::StrCat(name(), ": cannot run at ", baud, " baud: ", text_of(error)),
                    "choose another speed for this board type");
}

absl::Status SerialPort::set_modem_line(int bit, bool on, const char* line) {
  if (!is_open() || ::ioctl(fd(), on ? TIOCMBIS : TIOCMBIC, &bit) == 0 || errno == ENOTTY || errno == EINVAL) {
    return absl::OkStatus();  // a PTY has no modem lines
  }
  return make_error(absl::StatusCode::kUnavailable, "UNPLUGGED",
                    absl::StrCat(name(), ": ", line, ": ", text_of(errno)));
}

absl::Status SerialPort::set_dtr(bool on) { return set_modem_line(TIOCM_DTR, on, "DTR"); }

absl::Status SerialPort::set_rts(bool on) { return set_modem_line(TIOCM_RTS, on, "RTS"); }

SerialPort::~SerialPort() { SerialPort::close(); }

void SerialPort::close() {
  // As long as someone else has the port open, it stays as it is: a flashing tool is to open it next.
  if (is_open()) ::ioctl(fd(), TIOCNXCL);
  FdTransport::close();
}

void SerialPort::discard_input() {
  if (is_open()) {
    ::tcflush(fd(), TCIFLUSH);
  }
}

}  // namespace tinyrig::link
