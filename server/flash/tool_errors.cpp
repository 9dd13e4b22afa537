#include "server/flash/tool_errors.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"

namespace tinyrig::flash {
namespace {

struct Kind {
  FlashFailure failure;
  const char* name;
  const char* reason;
  absl::StatusCode code;
  const char* hint;
};
constexpr Kind kKinds[] = {
    {FlashFailure::kNoProbe, "no_probe", "FLASH_NO_PROBE", absl::StatusCode::kUnavailable,
     "Plug the probe or board in; check that the farm file names the right serial number or port, and that the "
     "daemon's "
     "user may open it (udev rule, group dialout)."},
    {FlashFailure::kBusy, "busy", "FLASH_BUSY", absl::StatusCode::kUnavailable,
     "End what uses the probe or port: another flasher, a debugger, a serial console, ModemManager."},
    {FlashFailure::kNoTarget, "no_target", "FLASH_NO_TARGET", absl::StatusCode::kUnavailable,
     "Check the board's power and wiring, that the board is of the type that the farm file says, and that its "
     "bootloader runs; a power cycle, a lower speed or connecting under reset may help."},
    {FlashFailure::kLocked, "locked", "FLASH_LOCKED", absl::StatusCode::kFailedPrecondition,
     "Remove the chip's protection with the vendor's tool; that erases it."},
    {FlashFailure::kVerify, "verify", "FLASH_VERIFY", absl::StatusCode::kDataLoss,
     "Flash again; if it stays, the image is for another chip, or the flash is worn out."},
    {FlashFailure::kIo, "io", "FLASH_IO", absl::StatusCode::kUnavailable,
     "Flash again; if it stays, read the tool's last lines, and check cable and hub."},
    {FlashFailure::kTimeout, "timeout", "FLASH_TIMEOUT", absl::StatusCode::kDeadlineExceeded,
     "Power-cycle the board and its probe; give the recipe a longer 'deadline_s' if the board is merely slow."},
    {FlashFailure::kUsage, "usage", "FLASH_USAGE", absl::StatusCode::kInvalidArgument,
     "Correct the recipe (docs/flashers.md), or install the tool in a version that knows these arguments."},
};

const Kind& kind_of(FlashFailure failure) { return kKinds[static_cast<std::size_t>(failure)]; }

struct ToolRule {
  std::string_view program;  // "": every tool
  std::string_view text;
  FlashFailure failure;
};
// Texts of the tools in Debian 12: those that can be had without a probe are in tests/unit/flash/tool_outputs, the
// others are the texts in the programs themselves. What says more comes before what says less.
constexpr ToolRule kRules[] = {
    {"openocd", "Can't find ", FlashFailure::kUsage},
    {"openocd", "invalid command name", FlashFailure::kUsage},
    {"openocd", "couldn't open", FlashFailure::kUsage},
    {"openocd", "LIBUSB_ERROR_BUSY", FlashFailure::kBusy},
    {"openocd", "Address already in use", FlashFailure::kBusy},
    {"openocd", "open failed", FlashFailure::kNoProbe},
    {"openocd", "unable to find a matching CMSIS-DAP device", FlashFailure::kNoProbe},
    {"openocd", "unable to open CMSIS-DAP device", FlashFailure::kNoProbe},
    {"openocd", "unable to open ftdi device", FlashFailure::kNoProbe},
    {"openocd", "No J-Link device found", FlashFailure::kNoProbe},
    {"openocd", "no device found", FlashFailure::kNoProbe},
    {"openocd", "LIBUSB_ERROR_ACCESS", FlashFailure::kNoProbe},
    {"openocd", "protected", FlashFailure::kLocked},
    {"openocd", "** Verify Failed **", FlashFailure::kVerify},
    {"openocd", "init mode failed (unable to connect to the target)", FlashFailure::kNoTarget},
    {"openocd", "Error connecting DP", FlashFailure::kNoTarget},
    {"openocd", "Invalid ACK", FlashFailure::kNoTarget},
    {"openocd", "IR capture error", FlashFailure::kNoTarget},
    {"openocd", "target examination failed", FlashFailure::kNoTarget},
    {"openocd", "timed out while waiting for target halted", FlashFailure::kNoTarget},
    {"openocd", "Not halted", FlashFailure::kNoTarget},
    {"openocd", "** Programming Failed **", FlashFailure::kIo},

    {"st-flash", "invalid command line", FlashFailure::kUsage},
    {"st-flash", "== MAP_FAILED for file", FlashFailure::kUsage},
    {"st-flash", "Couldn't find any ST-Link devices", FlashFailure::kNoProbe},
    {"st-flash", "Could not open stlink device", FlashFailure::kNoProbe},
    {"st-flash", "libusb_claim_interface() failed", FlashFailure::kBusy},
    {"st-flash", "Flash memory is write protected", FlashFailure::kLocked},
    {"st-flash", "Failed to unlock flash", FlashFailure::kLocked},
    {"st-flash", "Verification of flash failed", FlashFailure::kVerify},
    {"st-flash", "unknown chip id", FlashFailure::kNoTarget},
    {"st-flash", "Could not find chip id", FlashFailure::kNoTarget},
    {"st-flash", "Failed to connect to target", FlashFailure::kNoTarget},
    {"st-flash", "Failed to enter SWD mode", FlashFailure::kNoTarget},
    {"st-flash", "Failed to halt the core", FlashFailure::kNoTarget},
    {"st-info", "Found 0 stlink programmers", FlashFailure::kNoProbe},

    {"dfu-util", "unrecognized option", FlashFailure::kUsage},
    {"dfu-util", "Could not open file", FlashFailure::kUsage},
    {"dfu-util", "No DFU capable USB device available", FlashFailure::kNoProbe},
    {"dfu-util", "Cannot open DFU device", FlashFailure::kNoProbe},
    {"dfu-util", "Lost device", FlashFailure::kIo},
    {"dfu-util", "Cannot claim interface", FlashFailure::kBusy},
    {"dfu-util", "is not writeable", FlashFailure::kLocked},
    {"dfu-util", "failed verification", FlashFailure::kVerify},

    {"bossac", "unrecognized option", FlashFailure::kUsage},
    {"bossac", "Unable to open file", FlashFailure::kUsage},
    // Also of a port that is not there or not allowed: it says no more.
    {"bossac", "No device found on", FlashFailure::kNoTarget},
    {"bossac", "Verify failed", FlashFailure::kVerify},
    {"bossac", "SAM-BA operation failed", FlashFailure::kIo},

    {"avrdude", "cannot find programmer id", FlashFailure::kUsage},
    {"avrdude", "AVR part ", FlashFailure::kUsage},
    {"avrdude", "can't open config file", FlashFailure::kUsage},
    {"avrdude", "out of range", FlashFailure::kUsage},  // the image does not fit
    {"avrdude", "Device or resource busy", FlashFailure::kBusy},
    {"avrdude", "cannot open port", FlashFailure::kNoProbe},
    {"avrdude", "cannot find USB device", FlashFailure::kNoProbe},
    {"avrdude", "verification mismatch", FlashFailure::kVerify},
    {"avrdude", "not in sync", FlashFailure::kNoTarget},
    {"avrdude", "programmer is not responding", FlashFailure::kNoTarget},
    {"avrdude", "expected signature for", FlashFailure::kNoTarget},
    {"avrdude", "Invalid device signature", FlashFailure::kNoTarget},
    {"avrdude", "initialization failed", FlashFailure::kNoTarget},

    {"stm32flash", "unrecognized option", FlashFailure::kUsage},
    {"stm32flash", "invalid option", FlashFailure::kUsage},
    {"stm32flash", "Failed to set terminal flags", FlashFailure::kUsage},
    {"stm32flash", "Failed to open port", FlashFailure::kNoProbe},
    {"stm32flash", "target write-protected?", FlashFailure::kLocked},
    {"stm32flash", "Failed to verify at address", FlashFailure::kVerify},
    {"stm32flash", "Failed to init device", FlashFailure::kNoTarget},
    {"stm32flash", "Failed to read ACK byte", FlashFailure::kNoTarget},

    {"", "Device or resource busy", FlashFailure::kBusy},
    {"", "Address already in use", FlashFailure::kBusy},
    {"", "Permission denied", FlashFailure::kNoProbe},
    {"", "No such device", FlashFailure::kNoProbe},
    {"", "unrecognized option", FlashFailure::kUsage},
};

std::string_view without_folder(std::string_view program) {
  const std::size_t slash = program.rfind('/');
  return slash == std::string_view::npos ? program : program.substr(slash + 1);
}

// On one line, for a message: "a | b | c".
std::string last_lines(const std::string& output) {
  constexpr std::size_t kLines = 6, kLongest = 160;
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(output, absl::ByAnyChar("\r\n"), absl::SkipWhitespace())) {
    lines.push_back(clean_text(std::string_view(line.data(), line.size()), kLongest));
  }
  if (lines.size() > kLines) lines.erase(lines.begin(), lines.end() - kLines);
  return absl::StrJoin(lines, " | ");
}

}  // namespace

const char* recipe_name(FlashFailure failure) { return kind_of(failure).name; }

FlashFailure classify(std::string_view program, std::string_view output, const std::vector<FailureRule>& own) {
  for (const FailureRule& rule : own) {
    if (output.find(rule.text) != std::string_view::npos) return rule.failure;
  }
  for (const ToolRule& rule : kRules) {
    if (!rule.program.empty() && rule.program != without_folder(program)) continue;
    if (output.find(rule.text) != std::string_view::npos) return rule.failure;
  }
  return FlashFailure::kIo;
}

absl::Status flash_failure(FlashFailure failure, const std::string& what) {
  const Kind& kind = kind_of(failure);
  return make_error(kind.code, kind.reason, what, kind.hint);
}

absl::Status port_failure(const absl::Status& status) {
  const std::string reason = reason_of(status);
  const FlashFailure failure = reason == "PORT_IN_USE"                                      ? FlashFailure::kBusy
                               : reason == "PORT_NOT_FOUND" || reason == "PORT_NOT_ALLOWED" ? FlashFailure::kNoProbe
                                                                                            : FlashFailure::kIo;
  return flash_failure(failure, std::string(status.message()));
}

absl::Status tool_failure(std::string_view program, const ToolEnd& end, const std::vector<FailureRule>& own) {
  const std::string lines = last_lines(end.output);
  const std::string said = lines.empty() ? "; it printed nothing" : absl::StrCat("; its last lines: ", lines);
  if (end.timed_out) {
    return flash_failure(FlashFailure::kTimeout,
                         absl::StrCat(std::string(program), " did not end in time and was stopped", said));
  }
  return flash_failure(classify(program, end.output, own),
                       absl::StrCat(std::string(program), " failed (", end.how, ")", said));
}

}  // namespace tinyrig::flash
