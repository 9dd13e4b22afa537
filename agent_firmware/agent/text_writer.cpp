#include "agent_firmware/agent/text_writer.h"

#include "agent_firmware/agent/port.h"

namespace tinyrig::agent {

void TextWriter::put(char c) {
  if (size_ == sizeof bytes_) {
    flush();
  }
  bytes_[size_++] = static_cast<std::uint8_t>(c);
}

void TextWriter::flush() {
  if (size_ != 0) {
    port::write({bytes_, size_});
    size_ = 0;
  }
}

TextWriter& TextWriter::text(const char* text) {
  for (; *text != '\0'; ++text) {
    put(*text);
  }
  return *this;
}

TextWriter& TextWriter::number(std::uint64_t value) {
  char digits[20];
  std::size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count != 0) {
    put(digits[--count]);
  }
  return *this;
}

TextWriter& TextWriter::hex(std::uint8_t byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  put(kDigits[byte >> 4]);
  put(kDigits[byte & 15]);
  return *this;
}

TextWriter& TextWriter::thousandths(float value) {
  if (value != value) {
    return text("nan");
  }
  if (value < 0) {
    put('-');
    value = -value;
  }
  // Exact: 24 bits of a float times 10 bits fit into a double's 53.
  const double scaled = static_cast<double>(value) * 1000;
  constexpr double kMost = 9e15;
  if (scaled > kMost) {
    return text("inf");
  }
  auto whole = static_cast<std::uint64_t>(scaled);
  const double rest = scaled - static_cast<double>(whole);
  if (rest > 0.5 || (rest == 0.5 && whole % 2 == 1)) {
    ++whole;
  }
  number(whole / 1000);
  put('.');
  for (std::uint64_t place = 100; place != 0; place /= 10) {
    put(static_cast<char>('0' + whole / place % 10));
  }
  return *this;
}

}  // namespace tinyrig::agent
