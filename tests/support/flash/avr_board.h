// An Arduino Mega 2560 behind a PTY: an ATmega2560 in simavr that runs the board's own bootloader, no faster than
// life, on a thread of its own. Opening the port resets it, as the board's serial adapter does by DTR; while nobody
// has the port open, what the chip says is lost. It can misbehave.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tinyrig::test {

class AvrBoard {
 public:
  // `bootloader`: an Intel HEX file, which lies in the last 8 KiB of flash. The rest is erased.
  explicit AvrBoard(const std::string& bootloader);
  ~AvrBoard();

  const std::string& port() const;
  std::vector<std::uint8_t> flash() const;

  // Without power the port is there all the same, as a serial adapter is.
  void set_power(bool on);
  // These bits of the byte at `address` stay set.
  void wear_out(std::uint32_t address, std::uint8_t bits);
  // Calls, once, from the thread of the simulation, when the byte at `address` is no longer erased.
  void when_written(std::uint32_t address, std::function<void()> call);

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace tinyrig::test
