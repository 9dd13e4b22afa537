#include "server/link/agent_error.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::link {
namespace {

constexpr char kDetailPayload[] = "tinyrig.agent_detail";

struct Meaning {
  absl::StatusCode code;
  const char* reason;
  const char* hint;
};

Meaning meaning_of(agent::v1::ErrorCode code) {
  using absl::StatusCode;
  switch (code) {
    case agent::v1::ERROR_CODE_BAD_REQUEST:
      return {StatusCode::kInvalidArgument, "AGENT_BAD_REQUEST", "server and agent disagree; use matching versions"};
    case agent::v1::ERROR_CODE_BAD_MODEL:
      return {StatusCode::kInvalidArgument, "AGENT_BAD_MODEL", "pack the model again and transfer it again"};
    case agent::v1::ERROR_CODE_MODEL_NOT_FOR_THIS_BOARD:
      return {StatusCode::kFailedPrecondition, "MODEL_NOT_FOR_THIS_BOARD", "pack the model for this board's core"};
    case agent::v1::ERROR_CODE_ARENA_TOO_SMALL:
      return {StatusCode::kResourceExhausted, "ARENA_TOO_SMALL", "use a board with more RAM or a smaller model"};
    case agent::v1::ERROR_CODE_MODEL_TOO_LARGE:
      return {StatusCode::kResourceExhausted, "MODEL_TOO_LARGE", "use a board with more memory or a smaller model"};
    case agent::v1::ERROR_CODE_NO_MODEL:
      return {StatusCode::kFailedPrecondition, "NO_MODEL", "transfer and load a model first"};
    case agent::v1::ERROR_CODE_TRANSFER_OUT_OF_ORDER:
      return {StatusCode::kInternal, "TRANSFER_OUT_OF_ORDER", "begin the transfer again"};
    case agent::v1::ERROR_CODE_TRANSFER_CORRUPT:
      return {StatusCode::kDataLoss, "TRANSFER_CORRUPT", "begin the transfer again"};
    case agent::v1::ERROR_CODE_FLASH_FAILED:
      return {StatusCode::kInternal, "FLASH_FAILED", "the board's flash may be worn; use another board"};
    case agent::v1::ERROR_CODE_WINDOW_TOO_LONG:
      return {StatusCode::kOutOfRange, "WINDOW_TOO_LONG", "the board's counter is too narrow for this model"};
    case agent::v1::ERROR_CODE_OPERATOR_FAILED:
      return {StatusCode::kInternal, "OPERATOR_FAILED", "report the model; the packer should have refused it"};
    case agent::v1::ERROR_CODE_UNSUPPORTED:
      return {StatusCode::kUnimplemented, "AGENT_UNSUPPORTED", "flash the board with a newer agent"};
    case agent::v1::ERROR_CODE_MODEL_UNSUPPORTED:
      return {StatusCode::kInvalidArgument, "MODEL_UNSUPPORTED_BY_RUNTIME",
              "use another runtime, or replace what this one lacks"};
    default:
      return {StatusCode::kInternal, "AGENT_ERROR", "flash the board with an agent of this version"};
  }
}

}  // namespace

absl::Status error_of(const agent::v1::Status& status, const std::string& doing) {
  if (status.code() == agent::v1::ERROR_CODE_OK) {
    return absl::OkStatus();
  }
  const Meaning meaning = meaning_of(status.code());
  std::string message = absl::StrCat(doing, ": the board says: ", status.text());
  const bool of_size =
      status.code() == agent::v1::ERROR_CODE_ARENA_TOO_SMALL || status.code() == agent::v1::ERROR_CODE_MODEL_TOO_LARGE;
  if (of_size && status.detail() != 0) {
    absl::StrAppend(&message, " (", status.detail(), " bytes missing)");
  }
  absl::Status error = make_error(meaning.code, meaning.reason, message, meaning.hint);
  error.SetPayload(kDetailPayload, absl::Cord(absl::StrCat(status.detail())));
  return error;
}

std::optional<std::int64_t> agent_detail_of(const absl::Status& status) {
  const auto payload = status.GetPayload(kDetailPayload);
  std::int64_t detail = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &detail)) {
    return std::nullopt;
  }
  return detail;
}

}  // namespace tinyrig::link
