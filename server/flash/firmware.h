// The agents that ./rig firmware built: DIR/<board type>/tinyrig-agent.elf and its manifest, .json.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "server/flash/flasher.h"

namespace tinyrig::flash {

struct Firmware {
  std::string board_type;
  std::string build_id;  // what the agent's HELLO must say
  FirmwareImage image;
};

/// `name`: of the program, without ending.
/// NOT_FOUND (FIRMWARE_MISSING) · INVALID_ARGUMENT (FIRMWARE_INVALID): manifest and image disagree, or
/// either is damaged.
absl::StatusOr<Firmware> load_firmware(const std::filesystem::path& folder, const std::string& board_type,
                                       const std::string& name = "tinyrig-agent");

}  // namespace tinyrig::flash
