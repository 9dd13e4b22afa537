// The stack's use, measured by painting (paint.h).
#pragma once

#include <cstddef>
#include <span>

namespace tinyrig::agent {

// Paints what lies below the caller's frame.
void paint_stack(std::span<std::byte> stack);
// Bytes of the stack that were used since then; 0 without a stack.
std::size_t stack_high_water(std::span<const std::byte> stack);

}  // namespace tinyrig::agent
