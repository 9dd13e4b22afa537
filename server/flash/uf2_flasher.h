// Flashes boards whose bootloader shows a drive that takes UF2 files. The drive is found by the socket that the board
// is plugged into, and whose board it is by INFO_UF2.TXT; it must be mounted already (docs/flashers.md). A bootloader
// that has all of a file starts it and takes the drive away: that it does is how the write ends well.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/flash/flasher.h"
#include "server/flash/usb_bootloader.h"

namespace tinyrig::flash {

struct Uf2Options {
  UsbBootloaderOptions bootloader;
  std::vector<std::string> board_ids;          // what INFO_UF2.TXT may say: "RPI-RP2"
  std::uint32_t family = 0;                    // of the file's blocks; 0: not stated
  std::chrono::milliseconds deadline{60'000};  // for the drive to read and take everything
};

/// `port`: the board's serial port, by which its socket is known unless the options state it.
std::unique_ptr<Flasher> make_uf2_flasher(std::string port, Uf2Options options);

}  // namespace tinyrig::flash
