// Identifiers that sort by time of birth, are short and unique: "j-" + 13 characters.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "server/base/clock.h"

namespace tinyrig::jobs {

/// Seam: tests bring their own numbers. Thread-safe.
class IdSource {
 public:
  virtual ~IdSource() = default;
  /// `prefix`: "j-" for jobs, "r-" for runs.
  virtual std::string next(const std::string& prefix) = 0;
};

/// 40 bit of milliseconds, 24 random bits, in Crockford's base 32; always greater than the one before.
class TimeSortedIds final : public IdSource {
 public:
  explicit TimeSortedIds(const Clock& clock);
  std::string next(const std::string& prefix) override;

 private:
  const Clock& clock_;
  std::mutex mutex_;
  std::uint64_t last_ = 0;  // guarded by mutex_
};

/// 13 characters of Crockford's base 32, lower case; sorts as the number does.
std::string base32(std::uint64_t value);

}  // namespace tinyrig::jobs
