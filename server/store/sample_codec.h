// A column of samples as bytes: differences, zigzag, varints, zstd. Samples of an MCU hardly vary, so most
// take less than a byte.
//
// Layout: varint count, varint size of the varints below before compression, one zstd frame. The frame holds
// one zigzag varint per sample: its difference to the one before (the first to 0), modulo 2^64.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::store {

/// Most samples in one column; a column that claims more is refused.
inline constexpr std::uint64_t kMaxColumnSamples = 16'000'000;

std::string encode_samples(const std::vector<std::uint64_t>& samples);

/// DATA_LOSS STORE_CORRUPT when the bytes are not a whole column.
absl::StatusOr<std::vector<std::uint64_t>> decode_samples(const std::string& bytes);

}  // namespace tinyrig::store
