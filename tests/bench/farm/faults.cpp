#include "tests/bench/farm/faults.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace tinyrig::bench {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kLookEvery{100};
constexpr int kShortestMs = 1'000;
constexpr int kLongestMs = 5'000;

}  // namespace

const char* Faults::name_of(Kind kind) {
  constexpr const char* kNames[] = {"agents killed", "agents reset", "replies lost", "cables pulled"};
  return kNames[kind];
}

Faults::Faults(HostFarm& farm, double share, std::uint32_t seed)
    : farm_(farm),
      at_once_(static_cast<std::size_t>(std::ceil(share * static_cast<double>(farm.board_ids().size())))),
      random_(seed) {
  if (at_once_ > 0) thread_ = std::thread([this] { run(); });
}

Faults::~Faults() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

std::size_t Faults::total() const { return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0}); }

void Faults::run() {
  while (!stopping_) {
    std::erase_if(broken_, [this](const Broken& one) {
      if (SteadyClock::now() < one.until) return false;
      mend(one);
      return true;
    });
    while (broken_.size() < at_once_) break_one();
    std::this_thread::sleep_for(kLookEvery);  // the pace of faults: nothing tells when one is over
  }
  for (const Broken& one : broken_) mend(one);
}

void Faults::break_one() {
  Broken one;
  const auto is_broken = [this](const std::string& id) {
    return std::any_of(broken_.begin(), broken_.end(), [&](const Broken& other) { return other.board_id == id; });
  };
  do {
    one.board_id = farm_.board_ids()[random_() % farm_.board_ids().size()];
  } while (is_broken(one.board_id));
  one.kind = static_cast<Kind>(random_() % kKinds);
  one.until = SteadyClock::now() + milliseconds(std::uniform_int_distribution(kShortestMs, kLongestMs)(random_));
  switch (one.kind) {
    case kCrash:
      farm_.crash(one.board_id);
      break;
    case kReset:
      farm_.reset(one.board_id);
      break;
    case kLostReplies:
      farm_.lose_replies(one.board_id, true);
      break;
    case kUnplug:
      farm_.unplug(one.board_id, true);
      break;
    case kKinds:
      break;
  }
  ++counts_[one.kind];
  broken_.push_back(std::move(one));
}

// A killed agent comes back by the daemon's power cycle, a reset one by itself.
void Faults::mend(const Broken& broken) {
  if (broken.kind == kLostReplies) farm_.lose_replies(broken.board_id, false);
  if (broken.kind == kUnplug) farm_.unplug(broken.board_id, false);
}

}  // namespace tinyrig::bench
