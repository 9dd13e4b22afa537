#include "server/model/image_writer.h"

#include <cstring>
#include <string_view>

#include "wire/link/crc32.h"

namespace tinyrig::model {

void ImageWriter::align() {
  bytes_.resize((bytes_.size() + packed::kAlignment - 1) / packed::kAlignment * packed::kAlignment);
}

std::uint32_t ImageWriter::add(std::span<const std::byte> block) {
  align();
  const auto offset = static_cast<std::uint32_t>(bytes_.size());
  bytes_.insert(bytes_.end(), block.begin(), block.end());
  return offset;
}

std::uint32_t ImageWriter::add_constant(std::span<const std::uint8_t> data) {
  const auto seen = offset_of_view_.find({data.data(), data.size()});
  if (seen != offset_of_view_.end()) return seen->second;
  const std::size_t hash = std::hash<std::string_view>{}({reinterpret_cast<const char*>(data.data()), data.size()});
  std::uint32_t offset = 0;
  bool found = false;
  for (auto [at, end] = offset_of_hash_.equal_range(hash); at != end && !found; ++at) {
    const auto& [known_offset, known_size] = at->second;
    if (known_size != data.size() || std::memcmp(bytes_.data() + known_offset, data.data(), data.size()) != 0) continue;
    offset = known_offset;
    found = true;
  }
  if (!found) {
    offset = add(std::as_bytes(data));
    offset_of_hash_.emplace(hash, std::pair(offset, data.size()));
  }
  offset_of_view_[{data.data(), data.size()}] = offset;
  return offset;
}

std::vector<std::byte> ImageWriter::finish(packed::Header header) {
  align();
  header.magic = packed::kMagic;
  header.version = packed::kVersion;
  header.header_bytes = sizeof(packed::Header);
  header.image_bytes = static_cast<std::uint32_t>(bytes_.size());
  header.crc32 = 0;
  std::memcpy(bytes_.data(), &header, sizeof(header));
  constexpr std::size_t kAfterCrc = offsetof(packed::Header, crc32) + sizeof(header.crc32);
  header.crc32 = link::crc32(std::span<const std::byte>(bytes_).subspan(kAfterCrc));
  std::memcpy(bytes_.data(), &header, sizeof(header));
  return std::move(bytes_);
}

}  // namespace tinyrig::model
