// Any bytes as a memory map: refused, or flash in order of address, by which an image is written whole.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/flash/memory_map.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace flash = tinyrig::flash;
  const auto regions = flash::parse_memory_map(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!regions.ok()) return 0;
  if (regions->size() > flash::kMostFlashRegions) std::abort();
  flash::FirmwareImage image = {{{0x1000, std::vector<std::uint8_t>(64)}}};
  std::uint64_t last_end = 0;
  for (const flash::FlashRegion& region : *regions) {
    if (region.start < last_end || region.block_bytes == 0 || region.block_bytes > region.length) std::abort();
    last_end = region.end();
    image.segments.push_back({static_cast<std::uint32_t>(region.end() - 32), std::vector<std::uint8_t>(32)});
  }
  if (last_end > std::uint64_t{1} << 32) std::abort();
  const flash::WritePlan plan = flash::plan_writes(image, *regions);
  std::size_t written = 0;
  for (const auto& piece : plan.pieces) written += piece.bytes.size();
  if (written != image.total_bytes()) std::abort();
  last_end = 0;
  for (const auto& erase : plan.erases) {
    if (erase.length == 0 || erase.start < last_end) std::abort();
    last_end = erase.start + erase.length;
  }
  return 0;
}
