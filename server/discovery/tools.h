// The programs that write firmware, switch power or emulate boards: which of them are here, and which are needed.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "server/boards/catalog.h"
#include "server/boards/farm.h"
#include "tinyrig/v1/discovery.pb.h"

namespace tinyrig::discovery {

struct Tool {
  std::string name;
  std::vector<std::string> version_arguments;  // none: it cannot be asked
};

// All that TinyRig knows of.
const std::vector<Tool>& known_tools();

struct ToolState {
  std::string name;
  bool installed = false;
  std::string version;  // "0.12.0"; empty: it does not say
  bool hangs = false;   // did not tell it in time
};

// The first number with a dot in what a program says of itself: "7.1" of "avrdude version 7.1, URL: ...".
std::string version_in(const std::string& output);

struct ToolNeed {
  std::vector<std::string> any_of;
  std::string needed_by;
};

// What the farm's boards and those plugged in need: flashers by recipe, power switches, emulators. Pure function.
std::vector<ToolNeed> tool_needs(const std::vector<boards::FarmBoard>& farm,
                                 const std::vector<boards::CatalogEntry>& catalog, const v1::ScanReport& plugged);

// The known ones and those of `needs`; each that is installed is asked for its version, all at once.
std::vector<ToolState> look_for_tools(const std::vector<ToolNeed>& needs,
                                      std::chrono::milliseconds patience = std::chrono::seconds(5));

}  // namespace tinyrig::discovery
