// Keeps a share of the boards failing at any moment, each for a while and then mended: agents killed or reset, replies
// lost, cables pulled. Random, by a seed that is printed.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/farm/host_farm.h"

namespace tinyrig::bench {

class Faults {
 public:
  enum Kind { kCrash, kReset, kLostReplies, kUnplug, kKinds };
  static const char* name_of(Kind kind);

  // `share` 0: no faults.
  Faults(HostFarm& farm, double share, std::uint32_t seed);
  // Mends what is broken.
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  std::size_t at_once() const { return at_once_; }
  std::size_t count(Kind kind) const { return counts_[kind]; }
  std::size_t total() const;

 private:
  struct Broken {
    std::string board_id;
    Kind kind;
    std::chrono::steady_clock::time_point until;
  };
  void run();
  void break_one();
  void mend(const Broken& broken);

  HostFarm& farm_;
  const std::size_t at_once_;
  std::mt19937 random_;
  std::vector<Broken> broken_;
  std::array<std::atomic<std::size_t>, kKinds> counts_{};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace tinyrig::bench
