// Names of the cores that models are packed for, as the catalog and the API write them.
#pragma once

#include <map>
#include <string>

#include "wire/packed_model/format.h"

namespace tinyrig::boards {

inline const std::map<std::string, packed::Core> kCores = {
    {"portable", packed::Core::kPortable},    {"cortex-m0", packed::Core::kCortexM0},
    {"cortex-m3", packed::Core::kCortexM3},   {"cortex-m4", packed::Core::kCortexM4},
    {"cortex-m7", packed::Core::kCortexM7},   {"cortex-m33", packed::Core::kCortexM33},
    {"cortex-m55", packed::Core::kCortexM55}, {"rv32imac", packed::Core::kRv32imac},
};

// Empty for a value that is none.
inline std::string core_name(packed::Core core) {
  for (const auto& [name, value] : kCores) {
    if (value == core) return name;
  }
  return "";
}

}  // namespace tinyrig::boards
