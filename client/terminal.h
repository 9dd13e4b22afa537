// The progress on stderr: redrawn in place on a terminal, appended line by line elsewhere.
#pragma once

#include <functional>
#include <string>

#include "client/progress.h"

namespace tinyrig::client {

class ProgressView {
 public:
  /// What a finished run measured, in a few words; "" when it cannot be told.
  using ResultOf = std::function<std::string(const std::string& run_id)>;

  /// `enabled` false: shows nothing.
  ProgressView(bool enabled, ResultOf result_of);
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
  const ResultOf result_of_;
  Progress progress_;
  bool known_ = false;
  std::size_t drawn_lines_ = 0;
};

}  // namespace tinyrig::client
