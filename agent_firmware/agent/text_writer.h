// Lines of text onto the port, without a C library's printf.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyrig::agent {

// Everything is on its way when the writer is gone.
class TextWriter {
 public:
  TextWriter() = default;
  ~TextWriter() { flush(); }
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;

  TextWriter& text(const char* text);
  TextWriter& number(std::uint64_t value);
  TextWriter& hex(std::uint8_t byte);  // two digits
  // As "%.3f" has it, halves to even; beyond 9e12 "inf".
  TextWriter& thousandths(float value);
  TextWriter& end_line() { return text("\r\n"); }
  void flush();

 private:
  void put(char c);

  std::uint8_t bytes_[64];
  std::size_t size_ = 0;
};

}  // namespace tinyrig::agent
