#include "server/gate/decide.h"

#include <algorithm>

namespace tinyrig::gate {

std::uint64_t allowed_change(std::uint64_t base, std::uint64_t head, const Tolerance& tolerance) {
  const std::uint64_t smaller = std::min(base, head);
  // In two parts, so that no product leaves 64 bits.
  const std::uint64_t relative =
      smaller / kBillion * tolerance.relative_ppb + smaller % kBillion * tolerance.relative_ppb / kBillion;
  return std::max(relative, tolerance.absolute);
}

v1::GateVerdict decide_exact(std::uint64_t base, std::uint64_t head, const Tolerance& tolerance) {
  const std::uint64_t change = std::max(base, head) - std::min(base, head);
  if (change <= allowed_change(base, head, tolerance)) return v1::GATE_VERDICT_PASS;
  return head > base ? v1::GATE_VERDICT_REGRESSION : v1::GATE_VERDICT_IMPROVEMENT;
}

}  // namespace tinyrig::gate
