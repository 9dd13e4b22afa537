// Text that a board prints outside of frames (its banner, a crash dump), told apart from damaged frames.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace tinyrig::link {

class ConsoleTap {
 public:
  /// `on_text` gets whole stretches, without the delimiter; bytes that are no ASCII text never reach it.
  explicit ConsoleTap(std::function<void(std::string_view)> on_text) : on_text_(std::move(on_text)) {}

  /// Bytes as they came, delimiters included.
  void feed(std::span<const std::uint8_t> bytes);
  /// What was fed last ended a frame, or the endpoint saw that it is none.
  void on_frame() { pending_.clear(); }
  /// True when it was text; then it went to on_text.
  bool on_bad_chunk() { return flush(); }
  /// Hands on text that waits for its delimiter. True when there was some.
  bool flush();

 private:
  static constexpr std::size_t kMaxBytes = 8192;

  std::function<void(std::string_view)> on_text_;
  std::string pending_;
};

}  // namespace tinyrig::link
