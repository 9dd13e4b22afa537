// What the catalog and the farm file say about flashing a board: the table 'flasher' (docs/flashers.md). The catalog
// says how boards of a type are flashed, the farm file where this one's flasher is; a recipe may be in either.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "server/base/toml_reader.h"
#include "server/flash/recipe.h"
#include "server/flash/stm32_flasher.h"
#include "server/flash/uf2_flasher.h"

namespace tinyrig::boards {

struct FlasherSetup {
  std::string kind;                      // empty: none
  std::string endpoint;                  // gdb-remote, farm file
  std::string reset_command;             // gdb-remote, catalog
  std::chrono::milliseconds deadline{};  // gdb-remote, catalog
  std::string serial;                    // command, farm file
  std::string usb_socket;  // command and uf2, farm file: where the board's own USB is plugged in; empty: as its port
  std::optional<flash::Recipe> recipe;
  std::optional<flash::Stm32Options> stm32;  // of a board: `enter` and `leave` alone, its wiring
  std::optional<flash::Uf2Options> uf2;      // catalog, beside any kind: the chip can be flashed this way too
};

// What is wrong is told by `reader`. Kinds are the same in both files, their keys are not.
FlasherSetup read_type_flasher(TomlReader& reader, const toml::table& table);
FlasherSetup read_board_flasher(TomlReader& reader, const toml::table& table);

}  // namespace tinyrig::boards
