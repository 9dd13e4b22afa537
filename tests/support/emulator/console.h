// A serial port as a test uses it: lines in, lines out, with a limit on silence.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tinyrig::test {

class Console {
 public:
  explicit Console(const std::filesystem::path& port)
      : fd_(::open(port.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Console() {
    if (fd_ >= 0) ::close(fd_);
  }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  bool is_open() const { return fd_ >= 0; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
      if (count > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
      } else if (!wait(POLLOUT)) {
        return false;
      }
    }
    return true;
  }

  // Without its end; "" after half a minute of silence or when the port is gone.
  std::string line() {
    for (;;) {
      const std::size_t end = received_.find('\n');
      if (end != std::string::npos) {
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        return line;
      }
      if (!read_more()) return "";
    }
  }

  std::string ask(const std::string& request) { return send(request + "\n") ? line() : ""; }

  // True when `count` more bytes came.
  bool skip(std::size_t count) {
    while (received_.size() < count) {
      if (!read_more()) return false;
    }
    received_.erase(0, count);
    return true;
  }

  // True when the port was pulled (and nothing more came).
  bool hung_up() {
    pollfd state{fd_, POLLIN, 0};
    return ::poll(&state, 1, 30'000) == 1 && (state.revents & POLLHUP) != 0;
  }

 private:
  bool wait(short events) {
    pollfd state{fd_, events, 0};
    return ::poll(&state, 1, 30'000) == 1 && (state.revents & events) != 0;
  }

  bool read_more() {
    char buffer[4096];
    if (!wait(POLLIN)) return false;
    const ssize_t count = ::read(fd_, buffer, sizeof buffer);
    if (count <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  const int fd_;
  std::string received_;
};

// "123" of "a=1 ticks=123 b=2" for "ticks"; "" when it is not there.
inline std::string field_of(const std::string& line, const std::string& name) {
  const std::string padded = " " + line + " ";
  const std::size_t at = padded.find(" " + name + "=");
  if (at == std::string::npos) return "";
  const std::size_t start = at + name.size() + 2;
  return padded.substr(start, padded.find(' ', start) - start);
}

}  // namespace tinyrig::test
