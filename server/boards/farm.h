// The farm file: which boards are plugged in, and how to reach them. One [[board]] table each:
//
//   [[board]]
//   id = "emu-an386-1"
//   type = "mps2-an386"                                    # a board type of the catalog
//   port = "/run/tinyrig/emu-an386-1"                      # serial port; or by what it is on USB:
//   usb = "0483:374b:0669FF303430"                         # (usb_port.h), and, of a device with several ports,
//   usb_interface = 2                                      # which of them
//   labels = ["m4"]                                        # optional
//   firmware = "build/firmware-tflm"                       # optional: its agent is from there, not from --firmware;
//                                                          # relative to the farm file
//   # optional, both; of flashers docs/flashers.md has all kinds
//   flasher = { kind = "gdb-remote", endpoint = "unix:/run/tinyrig/emu-an386-1.gdb" }
//   power = { kind = "line-switch", endpoint = "unix:/run/tinyrig/control.sock", outlet = "emu-an386-1" }
//   instrument = { kind = "ppk2", port = "/dev/ttyACM1", supply_mv = 3300 }   # optional: docs/energy.md
//   unit_id = "3400230012513436"                           # optional: the only chip that may answer there
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/boards/flasher_setup.h"
#include "server/boards/usb_port.h"

namespace tinyrig::boards {

// How a board's power is switched (docs/farm.md).
struct PowerSetup {
  std::string kind;                // "line-switch", "uhubctl", "command", "ppk2"
  std::string endpoint;            // line-switch: "unix:PATH" or "tcp:HOST:PORT"
  std::string outlet;              // two boards with the same one (of the same kind and endpoint) go off together
  std::vector<std::string> cycle;  // uhubctl, command: what switches off and on again
  std::uint32_t supply_mv = 0;     // ppk2, whose serial port is its `outlet`
};

// What measures a board's energy (docs/energy.md).
struct InstrumentSetup {
  std::string kind;  // "ppk2"
  std::string port;
  std::uint32_t supply_mv = 0;  // what the board is supplied with
  // It is the board's supply itself (source mode); else it lies in another one's way. Always set by load_farm().
  std::optional<bool> supplies_board = {};
};

struct FarmBoard {
  std::string id;
  std::string type;
  std::string port;  // empty as long as `usb` says where it is
  std::optional<UsbPort> usb;
  std::vector<std::string> labels;
  std::filesystem::path firmware_dir;  // empty: the farm's
  std::optional<FlasherSetup> flasher;
  std::optional<PowerSetup> power;
  std::optional<InstrumentSetup> instrument;
  std::string unit_id;  // lower-case hex; empty: any chip
};

// INVALID_ARGUMENT (FARM_FILE_INVALID) names the file, the line and what is wrong; NOT_FOUND when it
// cannot be read. Ids are unique.
absl::StatusOr<std::vector<FarmBoard>> load_farm(const std::filesystem::path& file);

}  // namespace tinyrig::boards
