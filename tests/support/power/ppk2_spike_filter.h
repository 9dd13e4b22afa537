// What Nordic's own programs do to a PPK2's samples before they show them: after each switch of the range, an average
// in place of three samples. TinyRig does without, since that moves charge across every edge; tests show by it that a
// word means to us what it means to them, and what it would cost.
#pragma once

#include <cstdint>

namespace tinyrig::test {

class Ppk2SpikeFilter {
 public:
  // The next sample, unfiltered, and its range.
  double filtered_ua(double current_ua, std::uint32_t range) {
    const double average_before = average_, slow_before = slow_;
    average_ = first_ ? current_ua : 0.18 * current_ua + 0.82 * average_;
    slow_ = first_ ? current_ua : 0.06 * current_ua + 0.94 * slow_;
    if (first_) range_ = range;
    first_ = false;
    double shown = current_ua;
    if (range != range_ || left_ > 0) {
      if (range != range_) {
        consecutive_ = 0;
        left_ = 3;
      } else {
        ++consecutive_;
      }
      if (range == 4) {
        if (consecutive_ < 2) {
          average_ = average_before;
          slow_ = slow_before;
        }
        shown = slow_;
      } else {
        shown = average_;
      }
      --left_;
    }
    range_ = range;
    return shown;
  }

 private:
  double average_ = 0, slow_ = 0;
  bool first_ = true;
  std::uint32_t range_ = 0;
  int left_ = 0, consecutive_ = 0;
};

}  // namespace tinyrig::test
