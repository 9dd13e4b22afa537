// Numbers for machines to read.
#pragma once

#include <string>

namespace tinyrig::exporting {

/// The fewest digits that give this number again, never with an exponent: "1000000", "0.25". "0" when it is none.
std::string number_text(double value);

}  // namespace tinyrig::exporting
