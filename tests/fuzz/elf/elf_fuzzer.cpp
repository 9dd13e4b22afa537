// Any bytes as an ELF file: refused, or segments that lie in the file's size and do not overlap.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "server/flash/elf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto image = tinyrig::flash::read_elf(std::span(data, size));
  if (!image.ok()) return 0;
  std::uint64_t end = 0;
  for (const auto& segment : image->segments) {
    if (segment.bytes.empty() || segment.bytes.size() > size || segment.address < end) std::abort();
    end = std::uint64_t{segment.address} + segment.bytes.size();
  }
  return 0;
}
