// Lengths of time on the command line: "30s", "90m", "2h", "7d". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tinyrig::client {

/// Seconds; nullopt: not a whole number from 1 with a unit, or more than 1000 days.
std::optional<std::int64_t> parse_duration(const std::string& text);

}  // namespace tinyrig::client
