#include "client/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace tinyrig::client {
namespace {

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

ScreenSize screen_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

Screen::Screen() {
  if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // Ctrl-C stays a signal
    has_keys_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &quiet) == 0;
  }
  put("\x1b[?1049h\x1b[?25l");
}

Screen::~Screen() { leave(); }

void Screen::draw(const std::vector<std::string>& lines) {
  const std::lock_guard lock(mutex_);
  if (left_) return;
  std::string frame = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) frame += (i == 0 ? "" : "\r\n") + lines[i] + "\x1b[K";
  put(frame + "\x1b[J");
}

bool Screen::quit_pressed() {
  bool quit = false;
  std::array<char, 64> keys{};
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (has_keys_ && ::poll(&input, 1, 0) == 1 && (input.revents & POLLIN) != 0) {
    const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
    if (count <= 0) break;
    quit = quit || std::count(keys.begin(), keys.begin() + count, 'q') > 0;
  }
  return quit;
}

void Screen::leave() {
  const std::lock_guard lock(mutex_);
  if (left_) return;
  left_ = true;
  put("\x1b[?25h\x1b[?1049l");
  if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

}  // namespace tinyrig::client
