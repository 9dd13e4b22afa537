// How values of the API stand in columns: enums as their lower-case names, times as microseconds, messages
// as serialized bytes, page tokens as numbers.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/common.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/role.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::store {

/// OUTCOME_USER_ERROR -> "user_error".
std::string column_text(v1::RunState value);
std::string column_text(v1::Outcome value);
std::string column_text(v1::Health value);
std::string column_text(v1::HoldKind value);
std::string column_text(v1::Validity value);
std::string column_text(v1::TimingSource value);
std::string column_text(v1::TickUnit value);
std::string column_text(v1::Role value);

/// The other way; UNSPECIFIED for a text that is none.
v1::RunState run_state_of(const std::string& text);
v1::Outcome outcome_of(const std::string& text);
v1::Health health_of(const std::string& text);
v1::HoldKind hold_kind_of(const std::string& text);
v1::TimingSource timing_source_of(const std::string& text);
v1::TickUnit tick_unit_of(const std::string& text);
v1::Role role_of(const std::string& text);

std::int64_t micros_of(const google::protobuf::Timestamp& time);
google::protobuf::Timestamp timestamp_of(std::int64_t unix_micros);
google::protobuf::Timestamp timestamp_of(absl::Time time);
/// Days since 1970, UTC.
std::int64_t day_of(absl::Time time);

/// Parses a message from a blob column. DATA_LOSS STORE_CORRUPT when it is none.
absl::Status parse_column(const std::string& bytes, google::protobuf::MessageLite* message);

/// 0 for no token. INVALID_ARGUMENT PAGE_TOKEN_INVALID.
absl::StatusOr<std::int64_t> parse_page_token(const std::string& token);
absl::Status page_token_invalid(const std::string& token);

/// Default 50, at most 500.
std::uint32_t page_size_of(std::uint32_t requested);

}  // namespace tinyrig::store
