#include "server/model/layout.h"

#include <array>
#include <utility>

namespace tinyrig::model {
namespace {

constexpr std::array<std::pair<packed::Core, const char*>, 8> kCores = {{
    {packed::Core::kPortable, "portable"},
    {packed::Core::kCortexM0, "cortex-m0"},
    {packed::Core::kCortexM3, "cortex-m3"},
    {packed::Core::kCortexM4, "cortex-m4"},
    {packed::Core::kCortexM7, "cortex-m7"},
    {packed::Core::kCortexM33, "cortex-m33"},
    {packed::Core::kCortexM55, "cortex-m55"},
    {packed::Core::kRv32imac, "rv32imac"},
}};

// Returns whether the core has a kernel for the operator; if so, it is chosen and laid out for.
using Layouter = bool (*)(Program& program, LoweredOperator& op);

// No core has kernels of its own yet: each entry that comes here is one core's layouter.
Layouter layouter_of(packed::Core /*core*/) { return nullptr; }

}  // namespace

const char* core_name(packed::Core core) {
  for (const auto& [known, name] : kCores) {
    if (known == core) return name;
  }
  return "unknown core";
}

bool parse_core(std::string_view name, packed::Core& core) {
  for (const auto& [known, known_name] : kCores) {
    if (name != known_name) continue;
    core = known;
    return true;
  }
  return false;
}

bool lay_out(Program& program, packed::Core core) {
  const Layouter layouter = layouter_of(core);
  if (layouter == nullptr) return false;
  bool any = false;
  for (LoweredOperator& op : program.operators) any |= layouter(program, op);
  return any;
}

}  // namespace tinyrig::model
