// What a UF2 bootloader says of its board: the file INFO_UF2.TXT on its drive (https://github.com/microsoft/uf2). The
// file comes from the board: any bytes may be given.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tinyrig::flash {

/// More of the file is not looked at.
inline constexpr std::size_t kMostUf2InfoBytes = 4096;

/// The text after "Board-ID:", on a line of its own: "RPI-RP2", cleaned, at most 64 bytes. nullopt: there is none.
std::optional<std::string> uf2_board_id(std::string_view info);

}  // namespace tinyrig::flash
