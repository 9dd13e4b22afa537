#include "client/access_text.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

absl::Time time_of(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string utc(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", time_of(time), absl::UTCTimeZone());
}

std::string state_of(const v1::Token& token, absl::Time now) {
  if (token.has_revoke_time()) return "revoked " + utc(token.revoke_time());
  if (!token.has_expire_time()) return "good";
  return absl::StrCat(time_of(token.expire_time()) <= now ? "expired " : "good until ", utc(token.expire_time()));
}

std::string quota_line(const char* what, std::uint64_t used, std::uint64_t limit) {
  return absl::StrCat("  ", what, ": ", used, limit == 0 ? ", no limit" : absl::StrCat(" of ", limit), "\n");
}

}  // namespace

std::string role_text(v1::Role role) {
  constexpr std::size_t kPrefix = sizeof("ROLE_") - 1;
  const std::string& name = v1::Role_Name(role);
  return name.size() < kPrefix ? "unknown" : absl::AsciiStrToLower(name.substr(kPrefix));
}

v1::Role role_of(const std::string& text) {
  v1::Role role = v1::ROLE_UNSPECIFIED;
  return v1::Role_Parse("ROLE_" + absl::AsciiStrToUpper(text), &role) ? role : v1::ROLE_UNSPECIFIED;
}

std::string caller_text(const v1::GetCallerResponse& caller, const std::string& server) {
  if (!caller.tokens_required()) {
    return absl::StrCat("tinyrigd at ", server, " asks for no token: whoever reaches it may do everything\n");
  }
  std::string text = absl::StrCat(printable(caller.user()), " (", role_text(caller.role()), ") at ", server, "\n");
  if (caller.has_expire_time()) absl::StrAppend(&text, "  until ", utc(caller.expire_time()), " UTC\n");
  const v1::Quotas& quotas = caller.quotas();
  text += quota_line("unfinished jobs", quotas.unfinished_jobs(), quotas.unfinished_jobs_limit());
  text += quota_line("uploaded today, bytes", quotas.upload_bytes(), quotas.upload_bytes_limit());
  text += quota_line("board time today, s", quotas.board_time_s(), quotas.board_time_s_limit());
  return text;
}

std::string tokens_text(const v1::ListTokensResponse& tokens, absl::Time now) {
  Table table({{"ID"}, {"USER"}, {"NAME"}, {"ROLE"}, {"STATE"}, {"LAST USE"}, {"MADE BY"}});
  for (const v1::Token& token : tokens.tokens()) {
    table.add({token.id(), token.user(), token.name(), role_text(token.role()), state_of(token, now),
               token.has_last_use_time() ? utc(token.last_use_time()) : "never",
               token.created_by().empty() ? "tinyrigd" : token.created_by()});
  }
  return table.text();
}

std::string audit_text(const v1::ListAuditLogResponse& log) {
  Table table({{"TIME (UTC)"}, {"USER"}, {"TOKEN"}, {"METHOD"}, {"SUBJECT"}, {"RESULT"}});
  for (const v1::AuditLine& line : log.lines()) {
    table.add({utc(line.time()), line.user().empty() ? "-" : line.user(),
               line.token_id().empty() ? "-" : line.token_id(), line.method(),
               line.subject().empty() ? "-" : line.subject(), line.result()});
  }
  return table.text();
}

}  // namespace tinyrig::client
