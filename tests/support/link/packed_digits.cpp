#include "tests/support/link/packed_digits.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <span>

#include "server/model/pack.h"
#include "wire/link/crc32.h"
#include "wire/packed_model/format.h"

namespace tinyrig::test {

std::vector<std::uint8_t> packed_digits(std::size_t at_least_bytes) {
  return packed_file(TINYRIG_MODELS "/digits.tflite", "", at_least_bytes);
}

std::vector<std::uint8_t> packed_file(const std::string& path, const std::string& model_id,
                                      std::size_t at_least_bytes) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<std::uint8_t> tflite{std::istreambuf_iterator<char>(file), {}};
  model::PackOptions options;
  options.model_id = model_id;
  const auto packed = model::pack_tflite(tflite, packed::Core::kPortable, options);
  if (!packed.ok()) {
    return {};
  }
  const auto* begin = reinterpret_cast<const std::uint8_t*>(packed->image.data());
  std::vector<std::uint8_t> image{begin, begin + packed->image.size()};
  std::mt19937 random(1);
  while (image.size() < at_least_bytes || image.size() % packed::kAlignment != 0) {
    image.push_back(static_cast<std::uint8_t>(random()));
  }
  packed::Header header;
  std::memcpy(&header, image.data(), sizeof header);
  header.image_bytes = static_cast<std::uint32_t>(image.size());
  std::memcpy(image.data(), &header, sizeof header);
  constexpr std::size_t kCheckedFrom = offsetof(packed::Header, crc32) + sizeof(packed::Header::crc32);
  header.crc32 = link::crc32(std::span<const std::uint8_t>(image).subspan(kCheckedFrom));
  std::memcpy(image.data(), &header, sizeof header);
  return image;
}

}  // namespace tinyrig::test
