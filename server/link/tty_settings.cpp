#include "server/link/tty_settings.h"

#include <asm/termbits.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace tinyrig::link {
namespace {

int apply(int fd, const termios2& settings) { return ::ioctl(fd, TCSETS2, &settings) == 0 ? 0 : errno; }

void set_speed(termios2& settings, std::uint32_t baud) {
  settings.c_cflag &= ~static_cast<tcflag_t>(CBAUD | CIBAUD);
  settings.c_cflag |= BOTHER | (BOTHER << IBSHIFT);
  settings.c_ispeed = settings.c_ospeed = baud;
}

}  // namespace

int make_raw(int fd, std::uint32_t baud, Parity parity) {
  termios2 settings{};
  if (::ioctl(fd, TCGETS2, &settings) != 0) {
    return errno;
  }
  settings.c_iflag &= ~static_cast<tcflag_t>(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF);
  settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  settings.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARENB | CSTOPB | CRTSCTS | HUPCL);
  settings.c_cflag |= CS8 | CLOCAL | CREAD;
  if (parity == Parity::kEven) settings.c_cflag |= PARENB;
  settings.c_cflag &= ~static_cast<tcflag_t>(PARODD);
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  set_speed(settings, baud);
  return apply(fd, settings);
}

std::uint32_t baud_of(int fd) {
  termios2 settings{};
  return ::ioctl(fd, TCGETS2, &settings) == 0 ? settings.c_ospeed : 0;
}

int change_baud(int fd, std::uint32_t baud) {
  termios2 settings{};
  if (::ioctl(fd, TCGETS2, &settings) != 0) {
    return errno;
  }
  set_speed(settings, baud);
  const int error = apply(fd, settings);
  if (error != 0) {
    return error;
  }
  termios2 taken{};
  if (::ioctl(fd, TCGETS2, &taken) != 0) {
    return errno;
  }
  // Drivers round to what their divider can do; 3 % is what a UART tolerates.
  const std::uint32_t off = taken.c_ospeed > baud ? taken.c_ospeed - baud : baud - taken.c_ospeed;
  return off <= baud / 100 * 3 ? 0 : EINVAL;
}

}  // namespace tinyrig::link
