// Flash of one board on disk: one file per region, <folder>/flash-<address>.bin. A board that was never
// flashed has none.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "emulator/catalog.h"

namespace tinyrig::emulator {

class FlashFiles {
 public:
  FlashFiles(const std::filesystem::path& folder, std::vector<FlashRegion> regions);

  const std::vector<FlashRegion>& regions() const { return regions_; }

  /// Content of a region; empty when there is none yet. DATA_LOSS (FLASH_FILE_DAMAGED): larger than the region.
  absl::StatusOr<std::vector<std::uint8_t>> load(const FlashRegion& region) const;

  // Saving is a write to new_file() and then commit(), so that a file is whole or as it was.
  std::string new_file(const FlashRegion& region) const;
  absl::Status commit(const FlashRegion& region) const;

  /// The word at an address, 0 where no file has it.
  std::uint32_t word_at(std::uint32_t address) const;

 private:
  std::filesystem::path file(const FlashRegion& region) const;

  const std::filesystem::path folder_;
  const std::vector<FlashRegion> regions_;
};

}  // namespace tinyrig::emulator
