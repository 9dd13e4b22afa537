#include "server/flash/uf2_file.h"

#include <map>
#include <set>

namespace tinyrig::flash {
namespace {

constexpr std::uint32_t kFirstMagic = 0x0A324655, kSecondMagic = 0x9E5D5157, kLastMagic = 0x0AB16F30;
constexpr std::uint32_t kHasFamily = 0x2000;
constexpr std::uint32_t kPageBytes = 256, kSectorBytes = 4096;
constexpr std::size_t kDataBytes = 476;

using Pages = std::map<std::uint32_t, std::string>;

void add_uf2_word(std::string& file, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) file += static_cast<char>(value >> shift & 0xFF);
}

Pages pages_of(const FirmwareImage& image) {
  Pages pages;
  for (const Segment& segment : image.segments) {
    for (std::size_t i = 0; i < segment.bytes.size(); ++i) {
      const auto address = segment.address + static_cast<std::uint32_t>(i);
      std::string& page = pages.try_emplace(address / kPageBytes * kPageBytes, kPageBytes, '\xFF').first->second;
      page[address % kPageBytes] = static_cast<char>(segment.bytes[i]);
    }
  }
  return pages;
}

void fill_sectors(Pages& pages) {
  if (pages.empty()) return;
  const std::uint32_t last = pages.rbegin()->first;
  std::set<std::uint32_t> sectors;
  for (const auto& [address, page] : pages) sectors.insert(address / kSectorBytes * kSectorBytes);
  for (const std::uint32_t sector : sectors) {
    for (std::uint32_t offset = 0; offset < kSectorBytes && sector + offset < last; offset += kPageBytes) {
      pages.try_emplace(sector + offset, kPageBytes, '\xFF');
    }
  }
}

}  // namespace

std::string uf2_file(const FirmwareImage& image, std::uint32_t family) {
  Pages pages = pages_of(image);
  fill_sectors(pages);
  std::string file;
  file.reserve(pages.size() * kUf2BlockBytes);
  std::uint32_t number = 0;
  for (const auto& [address, page] : pages) {
    for (const std::uint32_t word : {kFirstMagic, kSecondMagic, family == 0 ? 0 : kHasFamily, address, kPageBytes,
                                     number++, static_cast<std::uint32_t>(pages.size()), family}) {
      add_uf2_word(file, word);
    }
    file += page;
    file.append(kDataBytes - kPageBytes, '\0');
    add_uf2_word(file, kLastMagic);
  }
  return file;
}

}  // namespace tinyrig::flash
