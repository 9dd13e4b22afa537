// Collects what the engine cannot run of a model, so that one error names all of it and not the first alone.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/model/errors.h"

namespace tinyrig::model {

class Refusals {
 public:
  bool empty() const { return first_.ok(); }

  void add(const absl::Status& refusal) {
    if (first_.ok()) {
      first_ = refusal;
      message_ = std::string(refusal.message());
    } else if (++more_ < kMostNamed) {
      message_ += "; " + std::string(refusal.message());
    }
  }

  /// OK when there are none. Reason and hint are the first's.
  absl::Status status() const {
    if (more_ == 0) return first_;
    const std::string rest =
        more_ < kMostNamed ? "" : "; and " + std::to_string(more_ - kMostNamed + 1) + " more operators";
    return make_error(first_.code(), reason_of(first_), message_ + rest, hint_of(first_));
  }

 private:
  static constexpr int kMostNamed = 8;

  absl::Status first_;
  std::string message_;
  int more_ = 0;
};

}  // namespace tinyrig::model
