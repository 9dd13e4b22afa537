// What a request about models may say, before anything is touched. Pure functions.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::api {

inline constexpr std::uint64_t kMaxModelBytes = std::uint64_t{64} << 20;
inline constexpr std::size_t kMaxModelNameLength = 64;
inline constexpr int kMaxExpectedOutputs = 256;
inline constexpr std::size_t kMaxChunkBytes = 64 * 1024;

/// Letters, digits, '.', '_', '-', first a letter or digit, and nothing that reads as a digest.
/// INVALID_ARGUMENT (MODEL_NAME_INVALID).
absl::Status check_model_name(const std::string& name);

/// INVALID_ARGUMENT (DIGEST_INVALID).
absl::Status check_digest(const std::string& sha256);

/// INVALID_ARGUMENT: MODEL_NAME_INVALID, DIGEST_INVALID, MODEL_EMPTY, MODEL_FILE_TOO_LARGE,
/// UPLOAD_OFFSET_BEYOND, EXPECTED_OUTPUT_INVALID.
absl::Status check_upload_header(const v1::UploadModelRequest::Header& header);

/// Hashes per operator must be as many as the model's operators. INVALID_ARGUMENT (EXPECTED_OUTPUT_INVALID).
absl::Status check_expected_outputs(const v1::UploadModelRequest::Header& header, int operators);

}  // namespace tinyrig::api
