// How a board is flashed by a command-line tool, as data: argument vectors with placeholders. Never a shell.
//
// Placeholders, in any argument (names in lower case between braces are placeholders; other braces are text):
//   {image}      the image as a file, of the recipe's format
//   {read_back}  of `read`: the file, in binary, that the tool is to write
//   {address}    lowest address of the image, 0x08000000
//   {size}       bytes from there to the image's end, in hex: 0x1a40
//   {port}       the board's serial port, /dev/ttyACM0;  {port_name}: ttyACM0. With a bootloader on USB: that one's
//   {serial}     serial number of the probe or board, from the farm file
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/flash/image_file.h"
#include "server/flash/tool_errors.h"
#include "server/flash/usb_bootloader.h"

namespace tinyrig::flash {

struct RecipeStep {
  std::vector<std::string> argv;  // empty: the recipe has no such step
  std::string expect;             // what the output must contain; empty: nothing
};

struct Recipe {
  RecipeStep probe;   // is what is needed there? Before anything is written
  RecipeStep write;   // and start: what was written runs afterwards
  RecipeStep verify;  // the tool's own comparison
  RecipeStep reset;   // the board starts anew
  RecipeStep read;    // flash into {read_back}, which we compare; in place of `verify`
  ImageFormat format = ImageFormat::kHex;
  ImageFileOptions file;
  std::chrono::milliseconds deadline{60'000};      // of each step
  std::vector<FailureRule> errors;                 // before our own
  std::optional<UsbBootloaderOptions> bootloader;  // on USB: entered before `probe` and `write`
};

/// Values of placeholders. A name that is missing here cannot be used.
using RecipeValues = std::map<std::string, std::string>;

/// INVALID_ARGUMENT (FLASH_USAGE) says which step has what placeholder that is unknown, or of no use there, or
/// lacks one that it needs.
absl::Status check_recipe(const Recipe& recipe);

/// Is `name` in any argument?
bool uses_placeholder(const Recipe& recipe, const std::string& name);

/// INVALID_ARGUMENT (FLASH_USAGE): a placeholder without a value.
absl::StatusOr<std::vector<std::string>> expand(const RecipeStep& step, const RecipeValues& values);

}  // namespace tinyrig::flash
