#include "server/flash/elf.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "server/base/error.h"

namespace tinyrig::flash {
namespace {

// Offsets of the fields in an ELF32 header and program header (System V ABI, chapter 4 and 5).
constexpr std::size_t kHeaderBytes = 52;
constexpr std::size_t kProgramHeaderBytes = 32;
constexpr std::uint32_t kLoad = 1;
constexpr unsigned kExecutable = 2;
constexpr unsigned kMostProgramHeaders = 256;

absl::Status bad_elf(const std::string& what) {
  return make_error(absl::StatusCode::kInvalidArgument, "FIRMWARE_INVALID", "not a usable ELF firmware: " + what,
                    "build the firmware again: ./rig firmware");
}

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }
  // Within bounds that holds() confirmed.
  std::uint32_t half(std::size_t at) const { return bytes_[at] | static_cast<std::uint32_t>(bytes_[at + 1]) << 8; }
  std::uint32_t word(std::size_t at) const { return half(at) | half(at + 2) << 16; }

 private:
  const std::span<const std::uint8_t> bytes_;
};

absl::Status check_header(std::span<const std::uint8_t> file, const Reader& read) {
  if (!read.holds(0, kHeaderBytes)) return bad_elf("it ends at byte " + std::to_string(file.size()));
  if (std::memcmp(file.data(), "\177ELF", 4) != 0) return bad_elf("it does not start with ELF's mark");
  if (file[4] != 1 || file[5] != 1) return bad_elf("it is not 32-bit little-endian");
  if (read.half(16) != kExecutable)
    return bad_elf("it is not an executable (type " + std::to_string(read.half(16)) + ")");
  if (read.half(42) != kProgramHeaderBytes) return bad_elf("its program headers have an unknown size");
  if (read.half(44) == 0 || read.half(44) > kMostProgramHeaders) {
    return bad_elf("it has " + std::to_string(read.half(44)) + " program headers");
  }
  if (!read.holds(read.word(28), std::uint64_t{read.half(44)} * kProgramHeaderBytes)) {
    return bad_elf("its program headers lie beyond its end");
  }
  return absl::OkStatus();
}

}  // namespace

std::size_t FirmwareImage::total_bytes() const {
  std::size_t total = 0;
  for (const Segment& segment : segments) total += segment.bytes.size();
  return total;
}

absl::StatusOr<FirmwareImage> read_elf(std::span<const std::uint8_t> file) {
  const Reader read(file);
  if (const absl::Status checked = check_header(file, read); !checked.ok()) return checked;
  FirmwareImage image;
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < read.half(44); ++i) {
    const std::size_t header = read.word(28) + std::size_t{i} * kProgramHeaderBytes;
    const std::uint32_t type = read.word(header), offset = read.word(header + 4);
    const std::uint32_t address = read.word(header + 12), size = read.word(header + 16);
    if (type != kLoad || size == 0) continue;
    const std::string which = "segment " + std::to_string(i);
    if (!read.holds(offset, size)) return bad_elf(which + " lies beyond the file's end");
    if (std::uint64_t{address} + size > std::uint64_t{1} << 32) return bad_elf(which + " ends beyond 4 GiB");
    total += size;
    if (total > kLargestImage) return bad_elf("its segments hold more than 64 MiB");
    const auto bytes = file.subspan(offset, size);
    image.segments.push_back({address, {bytes.begin(), bytes.end()}});
  }
  if (image.segments.empty()) return bad_elf("it loads nothing");
  std::sort(image.segments.begin(), image.segments.end(),
            [](const Segment& a, const Segment& b) { return a.address < b.address; });
  for (std::size_t i = 1; i < image.segments.size(); ++i) {
    const Segment& before = image.segments[i - 1];
    if (before.bytes.size() > image.segments[i].address - before.address) return bad_elf("its segments overlap");
  }
  return image;
}

}  // namespace tinyrig::flash
