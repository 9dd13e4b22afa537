// Painting: what was used is what was overwritten.
#include "agent_firmware/agent/memory.h"

#include <gtest/gtest.h>

#include <vector>

#include "agent_firmware/agent/paint.h"

namespace tinyrig::agent {
namespace {

TEST(Memory, NothingUsedAfterPainting) {
  std::vector<std::byte> memory(1000);
  paint(memory);
  EXPECT_EQ(used_bytes(memory), 0U);
}

TEST(Memory, HighestWrittenByteCounts) {
  std::vector<std::byte> memory(1000);
  paint(memory);
  memory[0] = std::byte{1};
  EXPECT_EQ(used_bytes(memory), 1U);
  memory[700] = std::byte{1};
  EXPECT_EQ(used_bytes(memory), 701U);
}

TEST(Memory, StackGrowsDownFromItsHighEnd) {
  std::vector<std::byte> stack(1000);
  paint(stack);
  EXPECT_EQ(stack_high_water(stack), 0U);
  stack[999] = std::byte{1};
  stack[400] = std::byte{1};
  EXPECT_EQ(stack_high_water(stack), 600U);
}

TEST(Memory, ForeignStackIsLeftAlone) {
  std::vector<std::byte> elsewhere(1000, std::byte{3});
  paint_stack(elsewhere);
  EXPECT_EQ(elsewhere, std::vector<std::byte>(1000, std::byte{3}));
  paint_stack({});
}

}  // namespace
}  // namespace tinyrig::agent
