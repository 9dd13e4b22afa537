// Memory measured by painting: fill it with a pattern, run, look how far the pattern is gone.
#pragma once

#include <cstddef>
#include <span>

namespace tinyrig::agent {

// Paints what lies below the caller's frame.
void paint_stack(std::span<std::byte> stack);
// Bytes of the stack that were used since then; 0 without a stack.
std::size_t stack_high_water(std::span<const std::byte> stack);

void paint(std::span<std::byte> memory);
// Bytes up to the highest one that was written since then.
std::size_t used_bytes(std::span<const std::byte> memory);

}  // namespace tinyrig::agent
