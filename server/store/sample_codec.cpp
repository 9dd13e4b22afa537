#include "server/store/sample_codec.h"

#include <zstd.h>

#include "server/base/error.h"

namespace tinyrig::store {
namespace {

constexpr int kCompressionLevel = 3;
constexpr std::size_t kMaxVarintBytes = 10;

void put_varint(std::uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// Reads a varint at *position; false at the end or when it is longer than 64 bit.
bool get_varint(const std::string& bytes, std::size_t* position, std::uint64_t* value) {
  *value = 0;
  for (std::size_t i = 0; i < kMaxVarintBytes && *position < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[(*position)++]);
    if (i == kMaxVarintBytes - 1 && byte > 1) return false;
    *value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

std::uint64_t zigzag(std::uint64_t difference) { return (difference << 1) ^ (0 - (difference >> 63)); }

std::uint64_t unzigzag(std::uint64_t value) { return (value >> 1) ^ (0 - (value & 1)); }

absl::Status corrupt(const std::string& what) {
  return make_error(absl::StatusCode::kDataLoss, "STORE_CORRUPT", "a column of samples is damaged: " + what,
                    "Stop the daemon and restore a backup of the database.");
}

}  // namespace

std::string encode_samples(const std::vector<std::uint64_t>& samples) {
  std::string varints;
  std::uint64_t before = 0;
  for (const std::uint64_t sample : samples) {
    put_varint(zigzag(sample - before), &varints);
    before = sample;
  }
  std::string bytes;
  put_varint(samples.size(), &bytes);
  put_varint(varints.size(), &bytes);
  const std::size_t header = bytes.size();
  bytes.resize(header + ZSTD_compressBound(varints.size()));
  // Cannot fail: the room is what zstd asks for.
  const std::size_t size =
      ZSTD_compress(bytes.data() + header, bytes.size() - header, varints.data(), varints.size(), kCompressionLevel);
  bytes.resize(header + size);
  return bytes;
}

absl::StatusOr<std::vector<std::uint64_t>> decode_samples(const std::string& bytes) {
  std::size_t position = 0;
  std::uint64_t count = 0;
  std::uint64_t varint_bytes = 0;
  if (!get_varint(bytes, &position, &count) || !get_varint(bytes, &position, &varint_bytes)) {
    return corrupt("its header is cut off");
  }
  if (count > kMaxColumnSamples || varint_bytes < count || varint_bytes > count * kMaxVarintBytes) {
    return corrupt("it claims " + std::to_string(count) + " samples in " + std::to_string(varint_bytes) + " bytes");
  }
  // zstd shrinks at most to about 1 : 2^15; a frame that claims more is not worth the memory.
  if (varint_bytes > (bytes.size() - position) * 0x10000 + 64) return corrupt("its frame is too short");
  std::string varints(varint_bytes, '\0');
  const std::size_t size =
      ZSTD_decompress(varints.data(), varints.size(), bytes.data() + position, bytes.size() - position);
  if (ZSTD_isError(size) != 0) return corrupt(ZSTD_getErrorName(size));
  if (size != varint_bytes) return corrupt("its frame is shorter than stated");

  std::vector<std::uint64_t> samples;
  samples.reserve(count);
  std::uint64_t value = 0;
  position = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t coded = 0;
    if (!get_varint(varints, &position, &coded)) return corrupt("it ends within a sample");
    value += unzigzag(coded);
    samples.push_back(value);
  }
  if (position != varints.size()) return corrupt("bytes follow the last sample");
  return samples;
}

}  // namespace tinyrig::store
