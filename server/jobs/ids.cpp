#include "server/jobs/ids.h"

#include <openssl/rand.h>

#include <algorithm>

namespace tinyrig::jobs {
namespace {

// 2024-01-01; 40 bits of milliseconds from there last until 2058.
constexpr std::int64_t kEpochMillis = 1'704'067'200'000;
constexpr int kRandomBits = 24;
constexpr std::size_t kDigits = 13;

std::uint64_t random_bits() {
  std::uint32_t value = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof(value));
  return value & ((1u << kRandomBits) - 1);
}

}  // namespace

std::string base32(std::uint64_t value) {
  static constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string text(kDigits, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit) {
    *digit = kAlphabet[value & 31];
    value >>= 5;
  }
  return text;
}

TimeSortedIds::TimeSortedIds(const Clock& clock) : clock_(clock) {}

std::string TimeSortedIds::next(const std::string& prefix) {
  const std::int64_t millis = std::max<std::int64_t>(absl::ToUnixMillis(clock_.now()) - kEpochMillis, 0);
  const std::uint64_t fresh = (static_cast<std::uint64_t>(millis) << kRandomBits) | random_bits();
  const std::lock_guard lock(mutex_);
  // Many in one millisecond, or a clock set back: count on from the last.
  last_ = std::max(last_ + 1, fresh);
  return prefix + base32(last_);
}

}  // namespace tinyrig::jobs
