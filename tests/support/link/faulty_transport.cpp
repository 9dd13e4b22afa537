#include "tests/support/link/faulty_transport.h"

#include <algorithm>

namespace tinyrig::test {

std::vector<std::uint8_t> FaultyTransport::damage(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> out;
  if (dead_ || chance(faults_.lose_all)) {
    damaged_ += bytes.size();
    return out;
  }
  for (std::uint8_t byte : bytes) {
    if (chance(faults_.drop)) {
      ++damaged_;
      continue;
    }
    if (chance(faults_.flip)) {
      ++damaged_;
      byte = static_cast<std::uint8_t>(byte ^ (1U << (random_() % 8)));
    }
    out.push_back(byte);
    if (chance(faults_.duplicate)) {
      ++damaged_;
      out.push_back(byte);
    }
  }
  return out;
}

boost::asio::awaitable<absl::StatusOr<std::size_t>> FaultyTransport::read_some(std::span<std::uint8_t> buffer,
                                                                               Clock::time_point deadline) {
  while (held_.empty()) {
    absl::StatusOr<std::size_t> count = co_await line_->read_some(buffer, deadline);
    if (!count.ok()) {
      co_return count;
    }
    held_ = damage(buffer.first(*count));
  }
  std::size_t count = std::min(buffer.size(), held_.size());
  if (faults_.split) {
    count = std::min<std::size_t>(count, 1 + random_() % 40);
  }
  std::copy_n(held_.begin(), count, buffer.begin());
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(count));
  co_return count;
}

boost::asio::awaitable<absl::Status> FaultyTransport::write(std::span<const std::uint8_t> bytes,
                                                            Clock::time_point deadline) {
  written_ += bytes.size();
  if (written_ >= die_after_) {
    dead_ = true;
  }
  if (faults_.reads_only) {
    absl::Status written = co_await line_->write(bytes, deadline);
    co_return written;
  }
  const std::vector<std::uint8_t> damaged = damage(bytes);
  absl::Status status = co_await line_->write(damaged, deadline);
  co_return status;
}

}  // namespace tinyrig::test
