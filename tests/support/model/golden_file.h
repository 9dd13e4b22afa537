// Reads records of golden outputs: NAME.json beside NAME.tflite, as tests/vectors/README.md describes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tinyrig::model {

struct GoldenVector {
  std::uint32_t seed = 0;
  std::uint32_t input_fnv1a32 = 0;
  std::uint32_t output_fnv1a32 = 0;
  std::vector<std::int8_t> output;  // may be left out
  std::vector<std::uint32_t> operator_fnv1a32;
};

struct GoldenRecord {
  std::string model_sha256;
  std::vector<GoldenVector> vectors;
};

/// Throws std::exception on a file that is missing or of another form: the test fails with its message.
GoldenRecord read_golden(const std::filesystem::path& path);

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path);

}  // namespace tinyrig::model
