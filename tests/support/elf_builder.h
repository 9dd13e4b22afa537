// Small ELF32 files, right and wrong, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinyrig::test {

struct ElfSegment {
  std::uint32_t address = 0;
  std::vector<std::uint8_t> bytes;
  std::uint32_t type = 1;  // PT_LOAD
};

inline void put_half(std::vector<std::uint8_t>& file, std::size_t at, std::uint32_t value) {
  file[at] = static_cast<std::uint8_t>(value);
  file[at + 1] = static_cast<std::uint8_t>(value >> 8);
}

inline void put_word(std::vector<std::uint8_t>& file, std::size_t at, std::uint32_t value) {
  put_half(file, at, value);
  put_half(file, at + 2, value >> 16);
}

inline std::vector<std::uint8_t> build_elf(const std::vector<ElfSegment>& segments) {
  std::vector<std::uint8_t> file(52 + 32 * segments.size());
  const std::uint8_t start[] = {0x7f, 'E', 'L', 'F', 1, 1, 1};
  std::copy(std::begin(start), std::end(start), file.begin());
  put_half(file, 16, 2);   // executable
  put_half(file, 18, 40);  // ARM
  put_word(file, 28, 52);  // program headers
  put_half(file, 42, 32);
  put_half(file, 44, static_cast<std::uint32_t>(segments.size()));
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::size_t header = 52 + 32 * i;
    put_word(file, header, segments[i].type);
    put_word(file, header + 4, static_cast<std::uint32_t>(file.size()));
    put_word(file, header + 12, segments[i].address);
    put_word(file, header + 16, static_cast<std::uint32_t>(segments[i].bytes.size()));
    file.insert(file.end(), segments[i].bytes.begin(), segments[i].bytes.end());
  }
  return file;
}

}  // namespace tinyrig::test
