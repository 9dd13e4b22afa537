// Models packed for any core, as bytes to upload; at will with unused bytes at the end, to take longer on the line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tinyrig::test {

/// Empty when the model cannot be packed: a test fails on it.
std::vector<std::uint8_t> packed_digits(std::size_t at_least_bytes = 0);

/// Any .tflite, with an id of MLPerf Tiny in its header.
std::vector<std::uint8_t> packed_file(const std::string& path, const std::string& model_id,
                                      std::size_t at_least_bytes = 0);

}  // namespace tinyrig::test
