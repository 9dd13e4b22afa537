#include "client/percent_progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace tinyrig::client {

PercentProgress::PercentProgress(std::string what)
    : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) == 1), step_(terminal_ ? 1 : 25) {}

PercentProgress::~PercentProgress() {
  if (open_line_) std::fputc('\n', stderr);
}

void PercentProgress::show(std::uint64_t done, std::uint64_t total) {
  const int percent = total == 0 ? 0 : static_cast<int>(done * 100 / total);
  if (percent < shown_ + step_) return;
  shown_ = percent - percent % step_;
  std::fprintf(stderr, terminal_ ? "\r%s: %3d %%" : "%s: %d %%\n", what_.c_str(), percent);
  open_line_ = terminal_;
}

}  // namespace tinyrig::client
