// Why a flashing tool failed, from what it printed: exit codes of these tools say little (most have one for all).
// The rules are data: texts that the tools print, each with its reason.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/flash/tool_process.h"

namespace tinyrig::flash {

/// What can be told apart, named as in recipes ("no_probe") and as in errors (FLASH_NO_PROBE).
enum class FlashFailure { kNoProbe, kBusy, kNoTarget, kLocked, kVerify, kIo, kTimeout, kUsage };
inline constexpr FlashFailure kFlashFailures[] = {
    FlashFailure::kNoProbe, FlashFailure::kBusy, FlashFailure::kNoTarget, FlashFailure::kLocked,
    FlashFailure::kVerify,  FlashFailure::kIo,   FlashFailure::kTimeout,  FlashFailure::kUsage};
const char* recipe_name(FlashFailure failure);

struct FailureRule {
  std::string text;  // in the output, as it is
  FlashFailure failure;
};

/// `program`: the tool, with or without its folder; its rules come after `own`, those for every tool last.
/// The first rule that fits wins; kIo when none does.
FlashFailure classify(std::string_view program, std::string_view output, const std::vector<FailureRule>& own = {});

/// An error with the failure's reason and what to do about it. `what` names tool and board.
absl::Status flash_failure(FlashFailure failure, const std::string& what);

/// The same of a serial port that could not be opened, or failed (server/link/serial_port.h).
absl::Status port_failure(const absl::Status& status);

/// The same of a tool that ended otherwise than it should; the message has the last lines of its output.
absl::Status tool_failure(std::string_view program, const ToolEnd& end, const std::vector<FailureRule>& own = {});

}  // namespace tinyrig::flash
