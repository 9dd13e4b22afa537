// How far one long transfer is, on stderr: one line that changes on a terminal, one per quarter elsewhere.
#pragma once

#include <cstdint>
#include <string>

namespace tinyrig::client {

class PercentProgress {
 public:
  /// `what`: "flashing".
  explicit PercentProgress(std::string what);
  ~PercentProgress();
  PercentProgress(const PercentProgress&) = delete;
  PercentProgress& operator=(const PercentProgress&) = delete;

  void show(std::uint64_t done, std::uint64_t total);

 private:
  const std::string what_;
  const bool terminal_;
  const int step_;
  int shown_ = 0;
  bool open_line_ = false;
};

}  // namespace tinyrig::client
