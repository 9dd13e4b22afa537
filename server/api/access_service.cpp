// AccessService: who calls, tokens, and what was done with them.
#include "absl/time/time.h"
#include "server/access/access_control.h"
#include "server/api/services.h"
#include "server/api/unary.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/store/columns.h"
#include "server/store/store.h"
#include "tinyrig/v1/access.grpc.pb.h"

namespace tinyrig::api {
namespace {

class AccessService final : public v1::AccessService::CallbackService {
 public:
  explicit AccessService(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetCaller(grpc::CallbackServerContext* call, const v1::GetCallerRequest* request,
                                      v1::GetCallerResponse* response) override {
    return answer(call, context_, request, response, [this, response](const access::Caller& caller) -> absl::Status {
      response->set_user(caller.user);
      response->set_role(caller.role);
      response->set_tokens_required(context_.access.tokens_required());
      if (caller.expires != absl::InfiniteFuture()) {
        *response->mutable_expire_time() = store::timestamp_of(caller.expires);
      }
      TINYRIG_ASSIGN_OR_RETURN(*response->mutable_quotas(), context_.access.quotas().quotas(caller));
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* CreateToken(grpc::CallbackServerContext* call, const v1::CreateTokenRequest* request,
                                        v1::CreateTokenResponse* response) override {
    return answer_later(call, context_, request, response, [=, this](const access::Caller& caller, Finisher finish) {
      if (!context_.access.tokens_required()) {
        return finish(make_error(absl::StatusCode::kFailedPrecondition, "TOKENS_OFF", "the daemon asks for no tokens",
                                 "Start tinyrigd with --tokens."));
      }
      access::TokenSpec spec{request->user(), request->name(), request->role(), absl::InfiniteFuture(), caller.user};
      if (request->has_expire_time()) {
        spec.expires = absl::FromUnixMicros(store::micros_of(request->expire_time()));
      }
      context_.access.tokens().create(spec, [response, finish](absl::StatusOr<access::NewToken> made) {
        if (made.ok()) {
          *response->mutable_token() = std::move(made->token);
          response->set_secret(std::move(made->secret));
        }
        finish(made.status());
      });
    });
  }

  grpc::ServerUnaryReactor* ListTokens(grpc::CallbackServerContext* call, const v1::ListTokensRequest* request,
                                       v1::ListTokensResponse* response) override {
    return answer(call, context_, request, response, [this, response] {
      for (v1::Token& token : context_.access.tokens().tokens()) *response->add_tokens() = std::move(token);
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* RevokeToken(grpc::CallbackServerContext* call, const v1::RevokeTokenRequest* request,
                                        v1::RevokeTokenResponse* response) override {
    return answer_later(call, context_, request, response, [=, this](const access::Caller&, Finisher finish) {
      context_.access.tokens().revoke(request->id(), [response, finish](absl::StatusOr<v1::Token> token) {
        if (token.ok()) *response->mutable_token() = std::move(*token);
        finish(token.status());
      });
    });
  }

  grpc::ServerUnaryReactor* ListAuditLog(grpc::CallbackServerContext* call, const v1::ListAuditLogRequest* request,
                                         v1::ListAuditLogResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(auto lines, context_.store.audit_log(request->subject(), request->limit()));
      for (v1::AuditLine& line : lines) *response->add_lines() = std::move(line);
      return absl::OkStatus();
    });
  }

 private:
  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_access_service(ServiceContext& context) {
  return std::make_unique<AccessService>(context);
}

}  // namespace tinyrig::api
