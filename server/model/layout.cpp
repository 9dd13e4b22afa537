#include "server/model/layout.h"

#include <array>
#include <utility>

#include "server/model/core_layouts.h"

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

Layouter layouter_of(packed::Core core) {
  switch (core) {
    case packed::Core::kCortexM4:
    case packed::Core::kCortexM7:
    case packed::Core::kCortexM33:
      return lay_out_for_dsp;
    case packed::Core::kCortexM55:
      return lay_out_for_helium;
    case packed::Core::kCortexM0:
      return lay_out_for_cortex_m0;
    case packed::Core::kCortexM3:
    case packed::Core::kRv32imac:
      return lay_out_for_scalar;
    case packed::Core::kPortable:
      break;
  }
  return nullptr;
}

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
