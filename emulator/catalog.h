// What the catalog of board types (deploy/boards/*.toml) says about emulating them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "emulator/window_replay.h"

namespace tinyrig::emulator {

struct FlashRegion {
  std::uint32_t address = 0;
  std::uint32_t bytes = 0;
};

struct EmulatedType {
  std::string id;          // "mps2-an386"
  std::string short_name;  // "an386": for board names
  std::vector<std::string> labels;
  std::string qemu;  // program; empty: a host process
  std::string machine;
  std::vector<std::string> arguments;
  std::uint32_t unit_block = 0;
  std::uint32_t image_address = 0;  // of the agent: blank when its first word is
  std::vector<FlashRegion> flash;
  std::optional<CurrentModel> current;  // what its instrument sees; without it the board has none

  bool is_host_process() const { return qemu.empty(); }
};

/// Types that have an [emulator] table, by id. INVALID_ARGUMENT (CATALOG_INVALID) names file and key;
/// NOT_FOUND (CATALOG_MISSING).
absl::StatusOr<std::map<std::string, EmulatedType>> load_catalog(const std::filesystem::path& folder);

}  // namespace tinyrig::emulator
