#include "server/store/columns.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "server/base/error.h"

namespace tinyrig::store {
namespace {

template <typename Enum>
std::string text_of(const google::protobuf::EnumDescriptor* descriptor, Enum value, std::size_t prefix) {
  const auto* known = descriptor->FindValueByNumber(static_cast<int>(value));
  return known == nullptr ? "unspecified" : absl::AsciiStrToLower(known->name().substr(prefix));
}

template <typename Enum>
Enum enum_of(const google::protobuf::EnumDescriptor* descriptor, const std::string& prefix, const std::string& text) {
  const auto* value = descriptor->FindValueByName(prefix + absl::AsciiStrToUpper(text));
  return value == nullptr ? static_cast<Enum>(0) : static_cast<Enum>(value->number());
}

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

}  // namespace

std::string column_text(v1::RunState value) { return text_of(v1::RunState_descriptor(), value, sizeof("RUN_STATE")); }
std::string column_text(v1::Outcome value) { return text_of(v1::Outcome_descriptor(), value, sizeof("OUTCOME")); }
std::string column_text(v1::Health value) { return text_of(v1::Health_descriptor(), value, sizeof("HEALTH")); }
std::string column_text(v1::HoldKind value) { return text_of(v1::HoldKind_descriptor(), value, sizeof("HOLD_KIND")); }
std::string column_text(v1::Validity value) { return text_of(v1::Validity_descriptor(), value, sizeof("VALIDITY")); }
std::string column_text(v1::TimingSource value) {
  return text_of(v1::TimingSource_descriptor(), value, sizeof("TIMING_SOURCE"));
}
std::string column_text(v1::Role value) { return text_of(v1::Role_descriptor(), value, sizeof("ROLE")); }
std::string column_text(v1::TickUnit value) { return text_of(v1::TickUnit_descriptor(), value, sizeof("TICK_UNIT")); }

v1::RunState run_state_of(const std::string& text) {
  return enum_of<v1::RunState>(v1::RunState_descriptor(), "RUN_STATE_", text);
}
v1::Outcome outcome_of(const std::string& text) {
  return enum_of<v1::Outcome>(v1::Outcome_descriptor(), "OUTCOME_", text);
}
v1::Health health_of(const std::string& text) { return enum_of<v1::Health>(v1::Health_descriptor(), "HEALTH_", text); }
v1::HoldKind hold_kind_of(const std::string& text) {
  return enum_of<v1::HoldKind>(v1::HoldKind_descriptor(), "HOLD_KIND_", text);
}
v1::TimingSource timing_source_of(const std::string& text) {
  return enum_of<v1::TimingSource>(v1::TimingSource_descriptor(), "TIMING_SOURCE_", text);
}
v1::TickUnit tick_unit_of(const std::string& text) {
  return enum_of<v1::TickUnit>(v1::TickUnit_descriptor(), "TICK_UNIT_", text);
}
v1::Role role_of(const std::string& text) { return enum_of<v1::Role>(v1::Role_descriptor(), "ROLE_", text); }

std::int64_t micros_of(const google::protobuf::Timestamp& time) {
  return time.seconds() * kMicrosPerSecond + time.nanos() / 1000;
}

google::protobuf::Timestamp timestamp_of(std::int64_t unix_micros) {
  std::int64_t seconds = unix_micros / kMicrosPerSecond;
  std::int64_t micros = unix_micros % kMicrosPerSecond;
  if (micros < 0) {
    micros += kMicrosPerSecond;
    --seconds;
  }
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(static_cast<std::int32_t>(micros * 1000));
  return time;
}

google::protobuf::Timestamp timestamp_of(absl::Time time) { return timestamp_of(absl::ToUnixMicros(time)); }

absl::Status parse_column(const std::string& bytes, google::protobuf::MessageLite* message) {
  if (message->ParseFromString(bytes)) return absl::OkStatus();
  return make_error(
      absl::StatusCode::kDataLoss, "STORE_CORRUPT",
      "a stored " + message->GetTypeName() + " cannot be read (" + std::to_string(bytes.size()) + " bytes)",
      "Stop the daemon and restore a backup of the database.");
}

std::int64_t day_of(absl::Time time) { return absl::ToInt64Hours(time - absl::UnixEpoch()) / 24; }

absl::StatusOr<std::int64_t> parse_page_token(const std::string& token) {
  if (token.empty()) return 0;
  std::int64_t number = 0;
  if (token.size() > 19 || !absl::SimpleAtoi(token, &number) || number <= 0) return page_token_invalid(token);
  return number;
}

absl::Status page_token_invalid(const std::string& token) {
  return make_error(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                    "page_token \"" + token.substr(0, 40) + "\" was not given out by this list",
                    "Pass next_page_token of the page before, unchanged, or leave it empty.");
}

std::uint32_t page_size_of(std::uint32_t requested) {
  if (requested == 0) return 50;
  return requested > 500 ? 500 : requested;
}

}  // namespace tinyrig::store
