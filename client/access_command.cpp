// tinyrig login, logout, whoami; tinyrig admin token, admin audit.
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "client/access_text.h"
#include "client/commands.h"
#include "client/credentials.h"
#include "client/duration.h"
#include "client/table.h"
#include "server/base/error.h"
#include "tinyrig/v1/access.grpc.pb.h"

namespace tinyrig::client {
namespace {

// What is typed is not shown.
class NoEcho {
 public:
  NoEcho() : terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!terminal_) return;
    ::termios silent = before_;
    silent.c_lflag &= ~static_cast<::tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    if (!terminal_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::fputc('\n', stderr);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  ::termios before_{};
  const bool terminal_;
};

// nullopt: the file cannot be read.
std::optional<std::string> read_token(const LoginOptions& options) {
  std::string token;
  if (!options.token_file.empty()) {
    std::ifstream stream(options.token_file);
    if (!std::getline(stream, token)) return std::nullopt;
  } else {
    if (::isatty(STDIN_FILENO) != 0) std::fputs("Token: ", stderr);
    const NoEcho quiet;
    std::getline(std::cin, token);
  }
  absl::StripAsciiWhitespace(&token);
  return token;
}

ExitCode report_credentials(const absl::Status& status) {
  return report({kUsage, reason_of(status), std::string(status.message()), hint_of(status)});
}

ExitCode show_caller(const Connection& connection, bool json) {
  const auto stub = connection.stub<v1::AccessService>();
  v1::GetCallerResponse caller;
  const ExitCode asked = connection.call(*stub, &v1::AccessService::Stub::GetCaller, v1::GetCallerRequest(), &caller);
  if (asked != kOk) return asked;
  return print(json ? to_json(caller) : caller_text(caller, connection.server())) ? kOk : kUnavailable;
}

}  // namespace

ExitCode login(const GlobalOptions& global, const LoginOptions& options) {
  const std::optional<std::string> token = read_token(options);
  if (!token.has_value()) return report_usage("cannot read a token from " + options.token_file);
  if (token->empty()) return report_usage("no token came", "type it, pipe it in, or name a file: --token-file FILE");
  // One that does not work is not kept.
  const ExitCode asked = show_caller(Connection(global.server, *token), global.json);
  if (asked != kOk) return asked;
  if (const absl::Status saved = save_token(server_name(global.server), *token); !saved.ok())
    return report_credentials(saved);
  return kOk;
}

ExitCode logout(const GlobalOptions& global) {
  if (const absl::Status gone = forget_token(server_name(global.server)); !gone.ok()) return report_credentials(gone);
  return kOk;
}

ExitCode whoami(const GlobalOptions& global) { return show_caller(Connection(global.server), global.json); }

ExitCode token_create(const GlobalOptions& global, const TokenOptions& options) {
  v1::CreateTokenRequest request;
  request.set_user(options.user);
  request.set_name(options.name);
  request.set_role(role_of(options.role));
  if (!options.expires.empty()) {
    const auto seconds = parse_duration(options.expires);
    if (!seconds.has_value()) {
      return report_usage("\"" + options.expires + "\" is no length of time", "give it as 12h, 90d");
    }
    request.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(absl::Now()) + *seconds);
  }
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::AccessService>();
  v1::CreateTokenResponse response;
  const ExitCode made = connection.call(*stub, &v1::AccessService::Stub::CreateToken, request, &response);
  if (made != kOk) return made;
  if (global.json) return print(to_json(response)) ? kOk : kUnavailable;
  // The token alone on stdout: it can be piped to where it belongs.
  std::fprintf(stderr, "token %s for %s (%s); it is not shown again:\n", response.token().id().c_str(),
               printable(response.token().user()).c_str(), role_text(response.token().role()).c_str());
  return print(response.secret() + "\n") ? kOk : kUnavailable;
}

ExitCode token_list(const GlobalOptions& global) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::AccessService>();
  v1::ListTokensResponse tokens;
  const ExitCode listed =
      connection.call(*stub, &v1::AccessService::Stub::ListTokens, v1::ListTokensRequest(), &tokens);
  if (listed != kOk) return listed;
  return print(global.json ? to_json(tokens) : tokens_text(tokens, absl::Now())) ? kOk : kUnavailable;
}

ExitCode token_revoke(const GlobalOptions& global, const TokenOptions& options) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::AccessService>();
  v1::RevokeTokenRequest request;
  request.set_id(options.id);
  v1::RevokeTokenResponse response;
  const ExitCode revoked = connection.call(*stub, &v1::AccessService::Stub::RevokeToken, request, &response);
  if (revoked != kOk) return revoked;
  const std::string text = "revoked " + response.token().id() + " of " + printable(response.token().user()) + "\n";
  return print(global.json ? to_json(response) : text) ? kOk : kUnavailable;
}

ExitCode admin_audit(const GlobalOptions& global, const AuditOptions& options) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::AccessService>();
  v1::ListAuditLogRequest request;
  request.set_subject(options.subject);
  request.set_limit(options.limit);
  v1::ListAuditLogResponse log;
  const ExitCode listed = connection.call(*stub, &v1::AccessService::Stub::ListAuditLog, request, &log);
  if (listed != kOk) return listed;
  return print(global.json ? to_json(log) : audit_text(log)) ? kOk : kUnavailable;
}

}  // namespace tinyrig::client
