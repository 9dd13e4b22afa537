// The serial bootloader in an STM32's ROM (AN3155), behind a PTY: real bytes, sums checked, flash that can only be
// cleared until it is erased. It can misbehave.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tinyrig::test {

class Stm32Rom {
 public:
  enum class Fault { kNone, kNack, kSilence, kLoseByte, kFlipByte, kFlipAnswer };

  explicit Stm32Rom(boost::asio::io_context& context);
  ~Stm32Rom();

  const std::string& port() const;

  static constexpr std::uint32_t kFlashStart = 0x08000000;
  // An STM32F405 with the first 512 KiB of its flash.
  static std::vector<std::uint32_t> sectors();

  // By its pins: with BOOT0 high the bootloader waits to be woken, else the program runs.
  void reset(bool boot0) {
    synchronized_ = false;
    is_there = boot0;
  }

  // Asked at every command, by its code; kLoseByte and kFlipByte hit what follows the code.
  std::function<Fault(std::uint8_t code, int nth)> fault;
  bool is_there = true;  // false: it never wakes up
  bool is_protected = false;
  bool extended_erase = true;
  bool wears_out = false;  // one bit of the first word stays set
  std::uint16_t chip_id = 0x413;
  std::vector<std::uint8_t> flash;
  std::vector<std::uint8_t> commands;    // codes, as they came
  std::vector<std::uint16_t> erased;     // sectors; all: each once
  std::optional<std::uint32_t> started;  // by GO

 private:
  struct Line;
  boost::asio::awaitable<void> serve(std::shared_ptr<Line> line);
  boost::asio::awaitable<void> handle(Line& line, std::uint8_t code, Fault fault);
  void erase_sector(std::size_t sector);

  std::shared_ptr<Line> line_;
  bool synchronized_ = false;
};

}  // namespace tinyrig::test
