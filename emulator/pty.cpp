#include "emulator/pty.h"

#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "server/base/error.h"

namespace tinyrig::emulator {

absl::StatusOr<PtyEnds> open_pty(const std::filesystem::path& path) {
  const auto failed = [&path](const char* what) {
    return make_error(absl::StatusCode::kInternal, "PTY_FAILED",
                      std::string(what) + " for " + path.string() + ": " + std::strerror(errno),
                      "check the number of PTYs (/proc/sys/kernel/pty/max) and that the folder can be written");
  };
  int master = -1, slave = -1;
  char name[128];
  termios raw{};
  ::cfmakeraw(&raw);
  raw.c_cflag |= CREAD | CLOCAL;
  raw.c_cc[VMIN] = 1;
  ::cfsetspeed(&raw, B115200);
  if (::openpty(&master, &slave, name, &raw, nullptr) != 0) return failed("openpty");
  PtyEnds ends{Fd(master), Fd(slave)};
  ::fcntl(master, F_SETFD, FD_CLOEXEC);
  ::fcntl(slave, F_SETFD, FD_CLOEXEC);

  const std::filesystem::path temporary = path.string() + ".new";
  ::unlink(temporary.c_str());
  if (::symlink(name, temporary.c_str()) != 0) return failed("symlink");
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("rename");
  return ends;
}

}  // namespace tinyrig::emulator
