#include "server/model/memory_planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tinyrig::model {
namespace {

constexpr std::uint32_t kAlignment = 16;

bool live_together(const PlannedBuffer& a, const PlannedBuffer& b) { return a.first <= b.last && b.first <= a.last; }

void expect_valid(const std::vector<PlannedBuffer>& buffers, const MemoryPlan& plan) {
  ASSERT_EQ(plan.offsets.size(), buffers.size());
  std::uint64_t highest = 0;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_EQ(plan.offsets[i] % kAlignment, 0U);
    highest = std::max<std::uint64_t>(highest, std::uint64_t{plan.offsets[i]} + buffers[i].bytes);
    for (std::size_t j = 0; j < i; ++j) {
      if (!live_together(buffers[i], buffers[j])) continue;
      const bool apart = plan.offsets[i] + buffers[i].bytes <= plan.offsets[j] ||
                         plan.offsets[j] + buffers[j].bytes <= plan.offsets[i];
      EXPECT_TRUE(apart) << "buffers " << i << " and " << j << " overlap";
    }
  }
  EXPECT_LE(highest, plan.total_bytes);
  EXPECT_GE(plan.total_bytes, plan.lower_bound_bytes);
}

std::uint64_t live_bound(const std::vector<PlannedBuffer>& buffers) {
  std::uint64_t bound = 0;
  for (const PlannedBuffer& at : buffers) {
    std::uint64_t sum = 0;
    for (const PlannedBuffer& other : buffers) {
      if (other.first <= at.first && at.first <= other.last) {
        sum += (std::uint64_t{other.bytes} + kAlignment - 1) / kAlignment * kAlignment;
      }
    }
    bound = std::max(bound, sum);
  }
  return bound;
}

TEST(MemoryPlanner, PlacesNothingInNothing) {
  const MemoryPlan plan = plan_memory({}, kAlignment);
  EXPECT_EQ(plan.total_bytes, 0U);
  EXPECT_TRUE(plan.offsets.empty());
}

TEST(MemoryPlanner, RoundsUpToTheAlignment) {
  const std::vector<PlannedBuffer> buffers = {{1, 0, 1}, {17, 0, 1}};
  const MemoryPlan plan = plan_memory(buffers, kAlignment);
  expect_valid(buffers, plan);
  EXPECT_EQ(plan.total_bytes, 48U);
  EXPECT_EQ(plan.lower_bound_bytes, 48U);
}

// Largest first fails here: 48 x 48 x 16 in the middle of a chain splits the arena (TFLM needs 73,728 for it).
TEST(MemoryPlanner, ReachesTheBoundWhereLargestFirstDoesNot) {
  const std::vector<PlannedBuffer> buffers = {{27648, -1, 0}, {18432, 0, 1}, {18432, 1, 2}, {36864, 2, 3},
                                              {9216, 3, 4},   {18432, 4, 5}, {18432, 5, 6}, {4608, 6, 7}};
  const MemoryPlan plan = plan_memory(buffers, kAlignment);
  expect_valid(buffers, plan);
  EXPECT_EQ(plan.lower_bound_bytes, 55296U);
  EXPECT_EQ(plan.total_bytes, 55296U);
}

TEST(MemoryPlanner, RandomBuffersNeverOverlapAndStayNearTheBound) {
  double worst = 1.0, sum = 0.0;
  constexpr int kRounds = 300;
  for (std::uint32_t seed = 1; seed <= kRounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](std::uint32_t low, std::uint32_t high) {
      return low + static_cast<std::uint32_t>(random() % (high - low + 1));
    };
    std::vector<PlannedBuffer> buffers(pick(1, 40));
    for (PlannedBuffer& buffer : buffers) {
      buffer.bytes = pick(1, 64) * (pick(0, 1) == 0 ? 16 : 512);
      buffer.first = static_cast<std::int32_t>(pick(0, 30)) - 1;
      buffer.last = buffer.first + static_cast<std::int32_t>(pick(0, 3) == 0 ? pick(0, 20) : pick(0, 2));
    }
    const MemoryPlan plan = plan_memory(buffers, kAlignment);
    expect_valid(buffers, plan);
    EXPECT_EQ(plan.lower_bound_bytes, live_bound(buffers));
    const double ratio = static_cast<double>(plan.total_bytes) / static_cast<double>(plan.lower_bound_bytes);
    worst = std::max(worst, ratio);
    sum += ratio;
  }
  // The bound itself cannot always be reached; these are what the planner gives, with some room.
  EXPECT_LE(worst, 1.15);
  EXPECT_LE(sum / kRounds, 1.01);
}

TEST(MemoryPlanner, IsDeterministic) {
  std::vector<PlannedBuffer> buffers;
  std::mt19937 random(7);
  for (int i = 0; i < 60; ++i) {
    const auto first = static_cast<std::int32_t>(random() % 40);
    buffers.push_back(
        {static_cast<std::uint32_t>(1 + random() % 5000), first, first + static_cast<std::int32_t>(random() % 9)});
  }
  EXPECT_EQ(plan_memory(buffers, kAlignment).offsets, plan_memory(buffers, kAlignment).offsets);
}

TEST(MemoryPlanner, StaysWithinItsWorkOnThousandsOfBuffersThatAllConflict) {
  std::vector<PlannedBuffer> buffers;
  for (std::int32_t i = 0; i < 4096; ++i) buffers.push_back({static_cast<std::uint32_t>(1 + i % 97), 0, 1});
  const MemoryPlan plan = plan_memory(buffers, kAlignment);
  EXPECT_EQ(plan.total_bytes, plan.lower_bound_bytes);
}

}  // namespace
}  // namespace tinyrig::model
