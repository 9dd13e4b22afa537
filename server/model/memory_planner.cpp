#include "server/model/memory_planner.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

namespace tinyrig::model {
namespace {

// Visits of one buffer by another while placing: some tens of milliseconds in all.
constexpr std::int64_t kWorkLimit = 2'000'000;
constexpr std::size_t kExactBuffers = 12;

using Order = std::vector<std::uint32_t>;

class Planner {
 public:
  Planner(std::span<const PlannedBuffer> buffers, std::uint32_t alignment) : buffers_(buffers) {
    for (const PlannedBuffer& buffer : buffers) {
      bytes_.push_back((std::uint64_t{buffer.bytes} + alignment - 1) / alignment * alignment);
    }
    find_conflicts();
    find_lower_bound();
  }

  MemoryPlan run() {
    for (int i = 0; i < kStartingOrders; ++i) {
      consider(starting_order(i));
      if (done()) return result();
    }
    if (buffers_.size() <= kExactBuffers) {
      search_exactly();
    } else {
      search_locally();
    }
    return result();
  }

 private:
  // Buffers that live at a common step. Buffers are few thousand at most, chains mostly.
  void find_conflicts() {
    conflicts_.resize(buffers_.size());
    Order by_first(buffers_.size());
    std::iota(by_first.begin(), by_first.end(), 0U);
    std::ranges::sort(by_first, {}, [&](std::uint32_t i) { return buffers_[i].first; });
    Order live;
    for (const std::uint32_t i : by_first) {
      std::erase_if(live, [&](std::uint32_t other) { return buffers_[other].last < buffers_[i].first; });
      for (const std::uint32_t other : live) {
        conflicts_[i].push_back(other);
        conflicts_[other].push_back(i);
      }
      live.push_back(i);
    }
  }

  void find_lower_bound() {
    // The sum can only rise where a buffer begins.
    for (std::size_t i = 0; i < buffers_.size(); ++i) {
      std::uint64_t sum = bytes_[i];
      for (const std::uint32_t other : conflicts_[i]) {
        if (buffers_[other].first <= buffers_[i].first) sum += bytes_[other];
      }
      lower_bound_ = std::max(lower_bound_, sum);
    }
  }

  // The lowest gap among the placed conflicts of `i` that holds it.
  std::uint64_t first_fit(std::uint32_t i, const std::vector<std::uint64_t>& offsets) {
    occupied_.clear();
    work_ += static_cast<std::int64_t>(conflicts_[i].size()) + 1;
    for (const std::uint32_t other : conflicts_[i]) {
      if (offsets[other] != kUnplaced) occupied_.emplace_back(offsets[other], offsets[other] + bytes_[other]);
    }
    std::ranges::sort(occupied_);
    std::uint64_t offset = 0;
    for (const auto& [begin, end] : occupied_) {
      if (offset + bytes_[i] <= begin) break;
      offset = std::max(offset, end);
    }
    return offset;
  }

  // Places all in order; stops early when it cannot beat the best.
  std::uint64_t place(const Order& order, std::vector<std::uint64_t>& offsets) {
    offsets.assign(buffers_.size(), kUnplaced);
    std::uint64_t total = 0;
    for (const std::uint32_t i : order) {
      offsets[i] = first_fit(i, offsets);
      total = std::max(total, offsets[i] + bytes_[i]);
      if (total >= best_total_) return best_total_;
    }
    return total;
  }

  bool consider(const Order& order) {
    const std::uint64_t total = place(order, offsets_);
    if (total >= best_total_) return false;
    best_total_ = total;
    best_offsets_ = offsets_;
    best_order_ = order;
    return true;
  }

  bool done() const { return best_total_ <= lower_bound_ || work_ > kWorkLimit; }

  static constexpr int kStartingOrders = 7;

  Order starting_order(int number) const {
    Order identity(buffers_.size());
    std::iota(identity.begin(), identity.end(), 0U);
    const auto sorted = [&](auto key) {
      std::ranges::stable_sort(identity, {}, key);
      return identity;
    };
    const auto size = [this](std::uint32_t i) { return static_cast<std::int64_t>(bytes_[i]); };
    const auto length = [this](std::uint32_t i) { return std::int64_t{buffers_[i].last} - buffers_[i].first + 1; };
    switch (number) {
      case 0:
        return sorted([&](std::uint32_t i) { return std::tuple(-size(i), -length(i)); });
      case 1:
        return by_breadth();
      case 2:
        return sorted([&](std::uint32_t i) { return std::tuple(-length(i), -size(i)); });
      case 3:
        return sorted([&](std::uint32_t i) { return -size(i) * length(i); });
      case 4:
        return sorted([&](std::uint32_t i) { return std::tuple(buffers_[i].first, -size(i)); });
      case 5:
        return sorted([&](std::uint32_t i) { return std::tuple(-buffers_[i].last, -size(i)); });
      default: {
        std::vector<std::int64_t> pressure;  // what lives beside each
        for (std::uint32_t i = 0; i < buffers_.size(); ++i) {
          pressure.push_back(size(i));
          for (const std::uint32_t other : conflicts_[i]) pressure.back() += size(other);
        }
        return sorted([&](std::uint32_t i) { return std::tuple(-pressure[i], -size(i)); });
      }
    }
  }

  // Steps by the bytes that live there, largest first; at each, what is not yet placed, largest first.
  Order by_breadth() const {
    struct Peak {
      std::uint64_t bytes;
      std::uint32_t at;  // buffer whose first step it is
    };
    std::vector<Peak> peaks;
    for (std::uint32_t i = 0; i < buffers_.size(); ++i) {
      std::uint64_t sum = bytes_[i];
      for (const std::uint32_t other : conflicts_[i]) {
        if (lives_at(other, buffers_[i].first)) sum += bytes_[other];
      }
      peaks.push_back({sum, i});
    }
    std::ranges::stable_sort(peaks, std::greater<>(), &Peak::bytes);
    Order order;
    std::vector<bool> taken(buffers_.size(), false);
    for (const Peak& peak : peaks) {
      Order here = {peak.at};
      for (const std::uint32_t other : conflicts_[peak.at]) {
        if (lives_at(other, buffers_[peak.at].first)) here.push_back(other);
      }
      std::ranges::stable_sort(here, std::greater<>(), [&](std::uint32_t i) { return bytes_[i]; });
      for (const std::uint32_t i : here) {
        if (!taken[i]) order.push_back(i);
        taken[i] = true;
      }
    }
    return order;
  }

  bool lives_at(std::uint32_t i, std::int32_t step) const {
    return buffers_[i].first <= step && step <= buffers_[i].last;
  }

  // Depth-first over all orders, cut where the best cannot be beaten any more.
  void search_exactly() {
    offsets_.assign(buffers_.size(), kUnplaced);
    descend(0, 0);
  }

  void descend(std::size_t placed, std::uint64_t total) {
    if (placed == buffers_.size()) {
      best_total_ = total;
      best_offsets_ = offsets_;
      return;
    }
    for (std::uint32_t i = 0; i < buffers_.size(); ++i) {
      if (offsets_[i] != kUnplaced) continue;
      const std::uint64_t offset = first_fit(i, offsets_);
      const std::uint64_t reached = std::max(total, offset + bytes_[i]);
      if (reached < best_total_) {
        offsets_[i] = offset;
        descend(placed + 1, reached);
        offsets_[i] = kUnplaced;
      }
      if (done()) return;
    }
  }

  // Moves one buffer of the best order to another place, or swaps two; equal totals are walked through.
  void search_locally() {
    Order order = best_order_;
    std::uint64_t total = best_total_;
    while (!done()) {
      Order candidate = order;
      const std::uint32_t from = random() % static_cast<std::uint32_t>(candidate.size());
      const std::uint32_t to = random() % static_cast<std::uint32_t>(candidate.size());
      if (random() % 2 == 0) {
        std::swap(candidate[from], candidate[to]);
      } else {
        const std::uint32_t moved = candidate[from];
        candidate.erase(candidate.begin() + from);
        candidate.insert(candidate.begin() + to, moved);
      }
      ++best_total_;  // so that an equal total is told from a worse one
      const std::uint64_t reached = place(candidate, offsets_);
      --best_total_;
      if (reached > total) continue;
      order = std::move(candidate);
      total = reached;
      if (reached < best_total_) {
        best_total_ = reached;
        best_offsets_ = offsets_;
      }
    }
  }

  std::uint32_t random() {  // xorshift32: the same plan for the same model, everywhere
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    return random_;
  }

  MemoryPlan result() const {
    MemoryPlan plan;
    plan.total_bytes = best_total_;
    plan.lower_bound_bytes = lower_bound_;
    for (const std::uint64_t offset : best_offsets_) plan.offsets.push_back(static_cast<std::uint32_t>(offset));
    return plan;
  }

  static constexpr std::uint64_t kUnplaced = std::numeric_limits<std::uint64_t>::max();

  std::span<const PlannedBuffer> buffers_;
  std::vector<std::uint64_t> bytes_;
  std::vector<Order> conflicts_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> occupied_;
  std::vector<std::uint64_t> offsets_, best_offsets_;
  Order best_order_;
  std::uint64_t best_total_ = kUnplaced - 1;
  std::uint64_t lower_bound_ = 0;
  std::int64_t work_ = 0;
  std::uint32_t random_ = 0x9E3779B9U;
};

}  // namespace

MemoryPlan plan_memory(std::span<const PlannedBuffer> buffers, std::uint32_t alignment) {
  if (buffers.empty()) return {};
  return Planner(buffers, alignment).run();
}

}  // namespace tinyrig::model
