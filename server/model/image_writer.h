// Lays blocks out in a packed image: aligned, identical constants once, header and CRC last.
// Not thread-safe; one per image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wire/packed_model/format.h"

namespace tinyrig::model {

class ImageWriter {
 public:
  ImageWriter() : bytes_(sizeof(packed::Header)) {}

  /// Appends a block and gives its offset.
  std::uint32_t add(std::span<const std::byte> block);

  /// The same for constants: equal ones lie at one place.
  std::uint32_t add_constant(std::span<const std::uint8_t> data);

  std::size_t size() const { return bytes_.size(); }

  /// Sets magic, version, sizes and CRC in `header`, writes it, and gives the image.
  std::vector<std::byte> finish(packed::Header header);

 private:
  void align();

  std::vector<std::byte> bytes_;
  std::map<std::pair<const std::uint8_t*, std::size_t>, std::uint32_t> offset_of_view_;  // seen before, no hashing
  std::unordered_multimap<std::size_t, std::pair<std::uint32_t, std::size_t>> offset_of_hash_;
};

}  // namespace tinyrig::model
