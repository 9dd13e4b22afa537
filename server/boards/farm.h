// The farm file: which boards are plugged in, and how to reach them. One [[board]] table each:
//
//   [[board]]
//   id = "emu-an386-1"
//   type = "mps2-an386"                                    # a board type of the catalog
//   port = "/run/tinyrig/emu-an386-1"                      # serial port
//   labels = ["m4"]                                        # optional
//   firmware = "build/firmware-tflm"                       # optional: its agent is from there, not from --firmware;
//                                                          # relative to the farm file
//   # optional, both; of flashers docs/flashers.md has all kinds
//   flasher = { kind = "gdb-remote", endpoint = "unix:/run/tinyrig/emu-an386-1.gdb" }
//   power = { kind = "line-switch", endpoint = "unix:/run/tinyrig/control.sock", outlet = "emu-an386-1" }
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/boards/flasher_setup.h"

namespace tinyrig::boards {

// How to reach a power switch. `endpoint`: "unix:PATH" or "tcp:HOST:PORT".
struct Attachment {
  std::string kind;
  std::string endpoint;
  std::string outlet;
};

struct FarmBoard {
  std::string id;
  std::string type;
  std::string port;
  std::vector<std::string> labels;
  std::filesystem::path firmware_dir;  // empty: the farm's
  std::optional<FlasherSetup> flasher;
  std::optional<Attachment> power;
};

// INVALID_ARGUMENT (FARM_FILE_INVALID) names the file, the line and what is wrong; NOT_FOUND when it
// cannot be read. Ids are unique.
absl::StatusOr<std::vector<FarmBoard>> load_farm(const std::filesystem::path& file);

}  // namespace tinyrig::boards
