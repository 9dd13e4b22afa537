// A line between two endpoints in memory that damages what passes, by seed: bits flipped, bytes dropped
// or repeated, whole stretches delayed. Time is counted in steps by the caller. For property tests.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <span>
#include <vector>

namespace tinyrig::test {

struct Faults {
  double flip = 0;       // per byte
  double drop = 0;       // per byte
  double duplicate = 0;  // per byte
  double burst = 0;      // per write: up to 40 bytes in a row lost
  double delay = 0;      // per write: it comes some steps later
};

class FaultyPipe {
 public:
  FaultyPipe(std::uint32_t seed, Faults faults) : random_(seed), faults_(faults) {}

  void heal() { faults_ = {}; }

  void write(std::span<const std::uint8_t> bytes, std::uint64_t now) {
    std::uint64_t due = now + 1;
    if (chance(faults_.delay)) {
      due += random_() % 30;
    }
    if (!chunks_.empty() && due < chunks_.back().due) {
      due = chunks_.back().due;  // a serial line keeps the order
    }
    Chunk chunk{due, {}};
    std::size_t lost = chance(faults_.burst) ? 1 + random_() % 40 : 0;
    const std::size_t lost_from = bytes.empty() ? 0 : random_() % bytes.size();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i >= lost_from && lost > 0) {
        --lost;
        continue;
      }
      if (chance(faults_.drop)) {
        continue;
      }
      std::uint8_t byte = bytes[i];
      if (chance(faults_.flip)) {
        byte = static_cast<std::uint8_t>(byte ^ (1U << (random_() % 8)));
      }
      chunk.bytes.push_back(byte);
      if (chance(faults_.duplicate)) {
        chunk.bytes.push_back(byte);
      }
    }
    in_flight_ += chunk.bytes.size();
    chunks_.push_back(std::move(chunk));
  }

  // What has arrived by `now`, in pieces of random size.
  std::vector<std::uint8_t> read(std::uint64_t now) {
    std::vector<std::uint8_t> out;
    while (!chunks_.empty() && chunks_.front().due <= now) {
      out.insert(out.end(), chunks_.front().bytes.begin(), chunks_.front().bytes.end());
      chunks_.pop_front();
    }
    in_flight_ -= out.size();
    return out;
  }

  std::size_t bytes_in_flight() const { return in_flight_; }

 private:
  struct Chunk {
    std::uint64_t due;
    std::vector<std::uint8_t> bytes;
  };

  bool chance(double p) { return p > 0 && std::uniform_real_distribution<>(0, 1)(random_) < p; }

  std::mt19937 random_;
  Faults faults_;
  std::deque<Chunk> chunks_;
  std::size_t in_flight_ = 0;
};

}  // namespace tinyrig::test
