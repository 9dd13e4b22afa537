#include "server/base/error.h"

#include <utility>

#include "absl/strings/cord.h"

namespace tinyrig {
namespace {

std::string payload_of(const absl::Status& status, const char* key) {
  const auto payload = status.GetPayload(key);
  return payload.has_value() ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status make_error(absl::StatusCode code, std::string reason, std::string message, std::string hint) {
  absl::Status status(code, message);
  if (!reason.empty()) status.SetPayload(kReasonPayload, absl::Cord(std::move(reason)));
  if (!hint.empty()) status.SetPayload(kHintPayload, absl::Cord(std::move(hint)));
  return status;
}

std::string reason_of(const absl::Status& status) { return payload_of(status, kReasonPayload); }

std::string hint_of(const absl::Status& status) { return payload_of(status, kHintPayload); }

}  // namespace tinyrig
