// Makes a Kernel from a typed pair of functions, so that each kernel file speaks of its own parameters.
#pragma once

#include "agent_firmware/engine/bounds.h"
#include "agent_firmware/engine/kernel.h"
#include "wire/packed_model/params.h"

namespace tinyrig::engine {

template <typename Params, bool (*kCheck)(const Params&, const Bounds&), void (*kRun)(const Params&, const Memory&)>
constexpr Kernel make_kernel() {
  return Kernel{
      [](const void* params, std::uint32_t params_bytes, const Bounds& bounds) {
        return params_bytes == sizeof(Params) && kCheck(*static_cast<const Params*>(params), bounds);
      },
      [](const void* params, const Memory& memory) { kRun(*static_cast<const Params*>(params), memory); },
  };
}

}  // namespace tinyrig::engine
