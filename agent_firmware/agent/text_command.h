// Finds the text commands (MLPerf Tiny's, ended by '%') on a line that may carry frames instead. A frame is not text:
// its header has bytes that no command has. Noise must not end the text for good either, so that behind such bytes,
// and a '%', what begins like a command is one again.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyrig::agent {

class TextCommand {
 public:
  // EE_CMD_SIZE of the reference firmware; as there, what comes beyond overwrites the last place.
  static constexpr std::size_t kMaxBytes = 80;

  // True: text() is a whole command.
  bool take(std::uint8_t byte) {
    if (complete_) {
      clear();
    }
    if (byte == 0) {
      clear();  // the end of a frame
      doubtful_ = false;
    } else if (byte == '%') {
      complete_ = !framed_ && (!doubtful_ || (size_ != 0 && text_[0] >= 'a' && text_[0] <= 'z'));
      doubtful_ = !complete_;
      framed_ = false;
      size_ = complete_ ? size_ : 0;
    } else if (byte == '\r' || byte == '\n') {
      // From a terminal; runners send none.
    } else if (byte < ' ' || byte > '~') {
      framed_ = true;
    } else if (size_ < kMaxBytes) {
      text_[size_++] = static_cast<char>(byte);
    } else {
      text_[kMaxBytes - 1] = static_cast<char>(byte);
    }
    return complete_;
  }

  // Without its '%'; may be changed. Valid until the next take().
  char* text() {
    text_[size_] = '\0';
    return text_;
  }

 private:
  void clear() {
    size_ = 0;
    framed_ = false;
    complete_ = false;
  }

  char text_[kMaxBytes + 1];
  std::size_t size_ = 0;
  bool framed_ = false;    // a byte of no command came since the last '%' or zero
  bool doubtful_ = false;  // one came since the last command or zero
  bool complete_ = false;
};

}  // namespace tinyrig::agent
