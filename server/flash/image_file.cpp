#include "server/flash/image_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/flash/elf.h"
#include "server/flash/uf2_file.h"

namespace tinyrig::flash {
namespace {

constexpr std::pair<std::string_view, ImageFormat> kFormats[] = {
    {"elf", ImageFormat::kElf}, {"bin", ImageFormat::kBin}, {"hex", ImageFormat::kHex}, {"uf2", ImageFormat::kUf2}};

void add_half(std::string& file, std::uint32_t value) {
  file += static_cast<char>(value & 0xFF);
  file += static_cast<char>(value >> 8 & 0xFF);
}

void add_word(std::string& file, std::uint32_t value) {
  add_half(file, value & 0xFFFF);
  add_half(file, value >> 16);
}

// ELF32, little-endian (System V ABI, chapters 4 and 5).
std::string elf_file(const FirmwareImage& image, std::uint16_t machine) {
  constexpr std::uint32_t kFileHeader = 52, kSegmentHeader = 32;
  std::string file("\177ELF\1\1\1\0\0\0\0\0\0\0\0\0", 16);
  add_half(file, 2);  // an executable
  add_half(file, machine);
  add_word(file, 1);            // version
  add_word(file, 0);            // entry point
  add_word(file, kFileHeader);  // the program headers
  add_word(file, 0);            // section headers: none
  add_word(file, 0);            // flags
  add_half(file, kFileHeader);
  add_half(file, kSegmentHeader);
  add_half(file, static_cast<std::uint32_t>(image.segments.size()));
  for (int i = 0; i < 3; ++i) add_half(file, 0);  // sections' size, count, names
  auto offset = kFileHeader + kSegmentHeader * static_cast<std::uint32_t>(image.segments.size());
  for (const Segment& segment : image.segments) {
    const auto size = static_cast<std::uint32_t>(segment.bytes.size());
    add_word(file, 1);  // to be loaded
    add_word(file, offset);
    add_word(file, segment.address);
    add_word(file, segment.address);
    add_word(file, size);
    add_word(file, size);
    add_word(file, 5);  // read, execute
    add_word(file, 1);  // alignment
    offset += size;
  }
  for (const Segment& segment : image.segments) file.append(segment.bytes.begin(), segment.bytes.end());
  return file;
}

absl::StatusOr<std::string> bin_file(const FirmwareImage& image) {
  const auto order = [](const Segment& a, const Segment& b) { return a.address < b.address; };
  const std::uint32_t start = std::min_element(image.segments.begin(), image.segments.end(), order)->address;
  std::string file;
  for (const Segment& segment : image.segments) {
    const std::size_t offset = segment.address - start;
    if (offset + segment.bytes.size() > kLargestImage) {
      return make_error(absl::StatusCode::kInvalidArgument, "FLASH_USAGE",
                        "the image's segments lie more than 64 MiB apart: too much for a .bin file",
                        "use image_format \"hex\" for this flasher");
    }
    file.resize(std::max(file.size(), offset + segment.bytes.size()), '\xFF');
    std::copy(segment.bytes.begin(), segment.bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  return file;
}

void add_hex_record(std::string& file, std::uint8_t type, std::uint32_t address, const std::uint8_t* bytes,
                    std::size_t count) {
  std::vector<std::uint8_t> record = {static_cast<std::uint8_t>(count), static_cast<std::uint8_t>(address >> 8),
                                      static_cast<std::uint8_t>(address), type};
  record.insert(record.end(), bytes, bytes + count);
  std::uint8_t sum = 0;
  for (const std::uint8_t byte : record) sum = static_cast<std::uint8_t>(sum + byte);
  record.push_back(static_cast<std::uint8_t>(-sum));
  file += ':';
  char digits[3];
  for (const std::uint8_t byte : record) {
    std::snprintf(digits, sizeof digits, "%02X", byte);
    file += digits;
  }
  file += '\n';
}

std::string hex_file(const FirmwareImage& image) {
  constexpr std::size_t kRecordBytes = 16;
  std::string file;
  std::uint32_t upper = 0;  // as long as nothing else is said
  for (const Segment& segment : image.segments) {
    for (std::size_t at = 0; at < segment.bytes.size();) {
      const auto address = segment.address + static_cast<std::uint32_t>(at);
      if (address >> 16 != upper) {
        upper = address >> 16;
        const std::array<std::uint8_t, 2> high = {static_cast<std::uint8_t>(upper >> 8),
                                                  static_cast<std::uint8_t>(upper)};
        add_hex_record(file, 4, 0, high.data(), high.size());
      }
      // A record must not cross 64 KiB: its address would wrap.
      const std::size_t count =
          std::min({kRecordBytes, segment.bytes.size() - at, std::size_t{0x10000} - (address & 0xFFFF)});
      add_hex_record(file, 0, address & 0xFFFF, segment.bytes.data() + at, count);
      at += count;
    }
  }
  add_hex_record(file, 1, 0, nullptr, 0);
  return file;
}

}  // namespace

std::optional<ImageFormat> image_format_named(std::string_view name) {
  for (const auto& [known, format] : kFormats) {
    if (known == name) return format;
  }
  return std::nullopt;
}

std::string_view name_of(ImageFormat format) { return kFormats[static_cast<std::size_t>(format)].first; }

absl::StatusOr<std::string> image_file(const FirmwareImage& image, ImageFormat format,
                                       const ImageFileOptions& options) {
  if (image.total_bytes() == 0) {
    return make_error(absl::StatusCode::kInvalidArgument, "FLASH_IMAGE_EMPTY", "the image to flash has no bytes",
                      "build the firmware again: ./rig firmware");
  }
  switch (format) {
    case ImageFormat::kElf:
      return elf_file(image, options.elf_machine);
    case ImageFormat::kBin:
      return bin_file(image);
    case ImageFormat::kHex:
      return hex_file(image);
    case ImageFormat::kUf2:
      return uf2_file(image, options.uf2_family);
  }
  return absl::InternalError("no such image format");
}

}  // namespace tinyrig::flash
