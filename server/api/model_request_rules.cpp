#include "server/api/model_request_rules.h"

#include <algorithm>
#include <set>

#include "server/api/error_mapping.h"
#include "server/api/upload_area.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig::api {
namespace {

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

absl::Status invalid(std::string reason, std::string message, std::string hint) {
  return make_error(absl::StatusCode::kInvalidArgument, std::move(reason), std::move(message), std::move(hint));
}

absl::Status bad_expectation(std::string message) {
  return invalid("EXPECTED_OUTPUT_INVALID", std::move(message), "check the file with the expected outputs");
}

}  // namespace

absl::Status check_model_name(const std::string& name) {
  const bool characters = std::all_of(name.begin(), name.end(),
                                      [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
  const bool good = !name.empty() && name.size() <= kMaxModelNameLength && characters && is_alphanumeric(name.front());
  if (good && !is_sha256_hex(name)) return absl::OkStatus();
  return invalid("MODEL_NAME_INVALID", "\"" + clean_text(name, 80) + "\" is no name for a model",
                 "use 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit");
}

absl::Status check_digest(const std::string& sha256) {
  if (is_sha256_hex(sha256)) return absl::OkStatus();
  return invalid("DIGEST_INVALID", "\"" + clean_text(sha256, 80) + "\" is no SHA-256 digest",
                 "give 64 lower-case hex digits");
}

absl::Status check_upload_header(const v1::UploadModelRequest::Header& header) {
  TINYRIG_RETURN_IF_ERROR(check_model_name(header.name()));
  TINYRIG_RETURN_IF_ERROR(check_digest(header.sha256()));
  if (header.size_bytes() == 0) {
    return invalid("MODEL_EMPTY", "the model \"" + header.name() + "\" has no bytes", "upload a .tflite file");
  }
  if (header.size_bytes() > kMaxModelBytes) {
    return invalid("MODEL_FILE_TOO_LARGE",
                   "the model has " + std::to_string(header.size_bytes()) + " bytes, at most " +
                       std::to_string(kMaxModelBytes) + " are taken",
                   "no microcontroller holds this model: quantize it or make it smaller");
  }
  if (header.offset() > header.size_bytes()) {
    return invalid("UPLOAD_OFFSET_BEYOND", "the offset lies behind the model's end", "start at 0");
  }
  if (header.expected_outputs_size() > kMaxExpectedOutputs) {
    return bad_expectation(std::to_string(header.expected_outputs_size()) + " expected outputs, at most " +
                           std::to_string(kMaxExpectedOutputs) + " are taken");
  }
  std::set<std::uint32_t> seeds;
  for (const v1::ExpectedOutput& expected : header.expected_outputs()) {
    if (expected.seed() == 0) return bad_expectation("an expected output has seed 0, which generates no input");
    if (!seeds.insert(expected.seed()).second) {
      return bad_expectation("two expected outputs have the seed " + std::to_string(expected.seed()));
    }
  }
  return absl::OkStatus();
}

absl::Status check_expected_outputs(const v1::UploadModelRequest::Header& header, int operators) {
  for (const v1::ExpectedOutput& expected : header.expected_outputs()) {
    const int hashes = expected.operator_fnv1a32_size();
    if (hashes != 0 && hashes != operators) {
      return bad_expectation("the expected output of seed " + std::to_string(expected.seed()) + " has hashes of " +
                             std::to_string(hashes) + " operators, the model has " + std::to_string(operators));
    }
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::api
