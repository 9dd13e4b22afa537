// The progress on stderr: redrawn in place on a terminal, appended line by line elsewhere.
#pragma once

#include <string>

#include "client/progress.h"

namespace tinyrig::client {

class ProgressView {
 public:
  /// `enabled` false: shows nothing.
  explicit ProgressView(bool enabled);
  /// Leaves the last picture standing.
  ~ProgressView() = default;

  void show(const v1::Job& job);
  void show(const v1::RunSummary& run);
  void show(const v1::LogLine& log);
  /// A line of its own above the picture.
  void say(const std::string& text);
  /// Removes the picture: results follow.
  void clear();

 private:
  void redraw();

  const bool enabled_;
  const bool terminal_;
  Progress progress_;
  bool known_ = false;
  std::size_t drawn_lines_ = 0;
};

}  // namespace tinyrig::client
