// The whole terminal for a while: the alternate screen, without cursor and echo. What was there comes back.
#pragma once

#include <termios.h>

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace tinyrig::client {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// Of the terminal on stdout; the default when it has none.
ScreenSize screen_size();

class Screen {
 public:
  /// stdout is a terminal.
  Screen();
  /// Calls leave().
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// In place of what it showed.
  void draw(const std::vector<std::string>& lines);
  /// The user has pressed q since the last call.
  bool quit_pressed();
  /// The terminal is as it was before; nothing is drawn any more. From any thread, as often as one likes.
  void leave();

 private:
  std::mutex mutex_;
  bool left_ = false;  // guarded by mutex_
  bool has_keys_ = false;
  termios before_{};
};

}  // namespace tinyrig::client
