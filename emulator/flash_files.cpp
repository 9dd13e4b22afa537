#include "emulator/flash_files.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include "server/base/error.h"

namespace tinyrig::emulator {

FlashFiles::FlashFiles(const std::filesystem::path& folder, std::vector<FlashRegion> regions)
    : folder_(std::filesystem::absolute(folder)), regions_(std::move(regions)) {
  std::error_code ignored;  // a folder that is missing shows when something is saved
  std::filesystem::create_directories(folder_, ignored);
}

std::filesystem::path FlashFiles::file(const FlashRegion& region) const {
  char name[32];
  std::snprintf(name, sizeof name, "flash-%08x.bin", region.address);
  return folder_ / name;
}

absl::StatusOr<std::vector<std::uint8_t>> FlashFiles::load(const FlashRegion& region) const {
  std::ifstream stream(file(region), std::ios::binary);
  if (!stream) return std::vector<std::uint8_t>();
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (bytes.size() > region.bytes) {
    return make_error(absl::StatusCode::kDataLoss, "FLASH_FILE_DAMAGED",
                      file(region).string() + " holds " + std::to_string(bytes.size()) + " bytes, the flash " +
                          std::to_string(region.bytes),
                      "remove the file: the board is blank then");
  }
  return bytes;
}

std::string FlashFiles::new_file(const FlashRegion& region) const { return file(region).string() + ".new"; }

absl::Status FlashFiles::commit(const FlashRegion& region) const {
  std::error_code error;
  std::filesystem::rename(new_file(region), file(region), error);
  if (!error) return absl::OkStatus();
  return make_error(absl::StatusCode::kInternal, "FLASH_FILE_FAILED",
                    "cannot keep " + file(region).string() + ": " + error.message(), "check the disk");
}

std::uint32_t FlashFiles::word_at(std::uint32_t address) const {
  for (const FlashRegion& region : regions_) {
    if (address < region.address || address - region.address > region.bytes - 4) continue;
    std::ifstream stream(file(region), std::ios::binary);
    stream.seekg(address - region.address);
    std::uint8_t bytes[4] = {};
    stream.read(reinterpret_cast<char*>(bytes), sizeof bytes);
    return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
           static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
  }
  return 0;
}

}  // namespace tinyrig::emulator
