#include "agent_firmware/ports/host/line.h"

#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tinyrig::port::host {

int open_pty(const std::string& link) {
  int master = -1;
  int slave = -1;
  char name[64];
  if (::openpty(&master, &slave, name, nullptr, nullptr) != 0) {
    std::fprintf(stderr, "openpty: %s\n", std::strerror(errno));
    return -1;
  }
  termios settings{};
  ::tcgetattr(slave, &settings);
  ::cfmakeraw(&settings);
  ::tcsetattr(slave, TCSANOW, &settings);
  // Made aside and renamed: whoever waits for the link never sees half of it, and an old one gives way.
  const std::string aside = link + ".new";
  ::unlink(aside.c_str());
  if (::symlink(name, aside.c_str()) != 0 || ::rename(aside.c_str(), link.c_str()) != 0) {
    std::fprintf(stderr, "%s: %s\n", link.c_str(), std::strerror(errno));
    return -1;
  }
  return master;
}

}  // namespace tinyrig::port::host
