#include "agent_firmware/agent/memory.h"

#include <cstdint>

#include "agent_firmware/agent/paint.h"

namespace tinyrig::agent {
namespace {

// Below the caller's frame: what paint_stack() itself and an interrupt may use while it runs.
constexpr std::size_t kMarginBytes = 256;

}  // namespace

// Not instrumented: it writes on purpose below every live frame.
[[gnu::noinline, gnu::no_sanitize_address]] void paint_stack(std::span<std::byte> stack) {
  volatile std::byte here{};
  const auto top = reinterpret_cast<std::uintptr_t>(&here) - kMarginBytes;
  const auto bottom = reinterpret_cast<std::uintptr_t>(stack.data());
  if (stack.empty() || top <= bottom || top >= bottom + stack.size()) {
    return;
  }
  volatile std::byte* const begin = stack.data();
  for (std::size_t i = 0; i < top - bottom; ++i) {
    begin[i] = kPattern;
  }
}

[[gnu::no_sanitize_address]] std::size_t stack_high_water(std::span<const std::byte> stack) {
  const volatile std::byte* const begin = stack.data();
  std::size_t untouched = 0;
  while (untouched < stack.size() && begin[untouched] == kPattern) {
    ++untouched;
  }
  return stack.size() - untouched;
}

}  // namespace tinyrig::agent
