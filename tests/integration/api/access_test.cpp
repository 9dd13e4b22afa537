// Every method against every role through the real server, and what an attacker would try.
#include <google/protobuf/util/json_util.h>
#include <grpcpp/generic/generic_stub.h>

#include "server/access/roles.h"
#include "tests/integration/api/api_fixture.h"
#include "tests/support/web/web_client.h"
#include "tinyrig/v1/access.grpc.pb.h"
#include "tinyrig/v1/admin.grpc.pb.h"
#include "tinyrig/v1/board.grpc.pb.h"
#include "tinyrig/v1/event.grpc.pb.h"
#include "tinyrig/v1/job.grpc.pb.h"
#include "tinyrig/v1/model.grpc.pb.h"

namespace tinyrig::api {
namespace {

using testing_support::fetch;
using testing_support::wait_for_answer;
using testing_support::WebHeaders;
using testing_support::WebResponse;
using testing_support::WebSocketClient;

class AccessTest : public ApiTest {
 protected:
  AccessTest() {
    access_settings_.tokens_required = true;
    access_settings_.quotas = {2, 1'000'000, absl::ZeroDuration()};
  }
  void SetUp() override {
    ApiTest::SetUp();
    ann_ = secret_of("ann", v1::ROLE_SUBMITTER);
    bob_ = secret_of("bob", v1::ROLE_SUBMITTER);
    operator_ = secret_of("olga", v1::ROLE_OPERATOR);
    admin_ = secret_of("root", v1::ROLE_ADMIN);
    viewer_ = secret_of("vic", v1::ROLE_VIEWER);
  }
  std::string secret_of(const std::string& user, v1::Role role) {
    const auto made = wait_for_answer<access::NewToken>([&](auto done) {
      access_->tokens().create({user, "", role, absl::InfiniteFuture(), ""}, std::move(done));
    });
    EXPECT_TRUE(made.ok()) << made.status();
    return made->secret;
  }

  // Calls a method as `secret`; "" or the reason of its refusal.
  template <class Response, class Service, class Method, class Request>
  std::string as(const std::string& secret, Method method, const Request& request, Response* response = nullptr) {
    const auto stub = Service::NewStub(channel());
    grpc::ClientContext context;
    if (!secret.empty()) context.AddMetadata("authorization", "Bearer " + secret);
    Response ignored;
    const grpc::Status status = ((*stub).*method)(&context, request, response == nullptr ? &ignored : response);
    return status.ok() ? "" : error_of(context).reason();
  }
  std::string submit_as(const std::string& secret, const std::string& key, v1::SubmitJobResponse* response) {
    v1::SubmitJobRequest request;
    request.mutable_spec()->add_models("digits");
    request.mutable_spec()->add_boards("big-type");
    request.mutable_spec()->set_owner("somebody else");
    request.set_idempotency_key(key);
    return as<v1::SubmitJobResponse, v1::JobService>(secret, &v1::JobService::Stub::SubmitJob, request, response);
  }
  std::string cancel_as(const std::string& secret, const std::string& job_id) {
    v1::CancelJobRequest request;
    request.set_job_id(job_id);
    return as<v1::CancelJobResponse, v1::JobService>(secret, &v1::JobService::Stub::CancelJob, request);
  }
  void add_digits_as(const std::string& secret) {
    bearer_ = secret;
    add_digits();
    bearer_.clear();
  }
  // The reason with which a method of any shape refuses an empty request; "" when it answers.
  std::string refusal_of(const google::protobuf::MethodDescriptor& method, const std::string& authorization) {
    grpc::GenericStub stub(channel());
    grpc::CompletionQueue queue;
    grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    const auto step = [&] {
      void* tag = nullptr;
      bool ok = false;
      EXPECT_TRUE(queue.Next(&tag, &ok));
      return ok;
    };
    const auto call = stub.PrepareCall(&context, "/" + method.service()->full_name() + "/" + method.name(), &queue);
    call->StartCall(nullptr);
    step();
    grpc::ByteBuffer empty{nullptr, 0};
    grpc::Status status;
    // What follows may find the call over already.
    if (!method.client_streaming()) {
      call->Write(empty, nullptr);
      step();
    }
    call->WritesDone(nullptr);
    step();
    grpc::ByteBuffer answer;
    call->Read(&answer, nullptr);
    const bool answered = step();
    if (answered) context.TryCancel();
    call->Finish(&status, nullptr);
    step();
    queue.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) {
    }
    return answered || status.ok() ? "" : error_of(context).reason();
  }
  WebResponse post(const std::string& path, const std::string& body, const WebHeaders& headers) const {
    return fetch("POST", api_->http_port(), path, body, headers);
  }

  std::string ann_, bob_, operator_, admin_, viewer_;
};

TEST_F(AccessTest, EveryMethodAsksEveryRole) {
  int methods = 0;
  for (const auto* method : access::all_methods()) {
    const v1::Role least = access::required_role(*method);
    const std::string name = method->full_name();
    EXPECT_EQ(refusal_of(*method, ""), "TOKEN_MISSING") << name;
    EXPECT_EQ(refusal_of(*method, "Bearer tinyrig_" + std::string(64, '0')), "TOKEN_UNKNOWN") << name;
    // A stream of events begins when there is one.
    const bool waits = method->name() == "SubscribeEvents";
    for (const auto& [role, secret] : {std::pair{v1::ROLE_VIEWER, viewer_}, std::pair{v1::ROLE_SUBMITTER, ann_},
                                       std::pair{v1::ROLE_OPERATOR, operator_}, std::pair{v1::ROLE_ADMIN, admin_}}) {
      if (role >= least && waits) continue;
      const std::string refused = refusal_of(*method, "Bearer " + secret);
      if (role < least) {
        EXPECT_EQ(refused, "ROLE_TOO_LOW") << name << " as " << v1::Role_Name(role);
      } else {
        EXPECT_NE(refused, "ROLE_TOO_LOW") << name << " as " << v1::Role_Name(role);
        EXPECT_EQ(refused.find("TOKEN_"),
                  refused == "TOKEN_SPEC_INVALID" || refused == "TOKEN_UNKNOWN" ? 0U : std::string::npos)
            << name << " as " << v1::Role_Name(role) << ": " << refused;
      }
    }
    ++methods;
  }
  EXPECT_GE(methods, 35);
}

TEST_F(AccessTest, AJobBelongsToWhoSubmittedIt) {
  add_digits_as(ann_);
  v1::SubmitJobResponse submitted;
  ASSERT_EQ(submit_as(ann_, "", &submitted), "");
  EXPECT_EQ(submitted.job().spec().owner(), "ann") << "whatever the request says";
  // A stolen id is of no use.
  EXPECT_EQ(cancel_as(bob_, submitted.job().job_id()), "NOT_YOURS");
  EXPECT_EQ(cancel_as(viewer_, submitted.job().job_id()), "ROLE_TOO_LOW");
  EXPECT_EQ(queue_->job(submitted.job().job_id())->cancel_requested(), false);
  EXPECT_EQ(cancel_as(bob_, "j-none"), "JOB_UNKNOWN");
  EXPECT_EQ(cancel_as(ann_, submitted.job().job_id()), "");
  ASSERT_EQ(submit_as(ann_, "", &submitted), "");
  EXPECT_EQ(cancel_as(operator_, submitted.job().job_id()), "");
}

TEST_F(AccessTest, AnIdempotencyKeyOfAnotherUserGivesNothing) {
  add_digits_as(ann_);
  v1::SubmitJobResponse first, again;
  ASSERT_EQ(submit_as(ann_, "key-1", &first), "");
  EXPECT_EQ(submit_as(bob_, "key-1", &again), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(again.job().job_id(), "");
  EXPECT_EQ(submit_as(ann_, "key-1", &again), "");
  EXPECT_EQ(again.job().job_id(), first.job().job_id());
  EXPECT_TRUE(again.already_submitted());
}

TEST_F(AccessTest, QuotasAreOfTheUser) {
  add_digits_as(ann_);
  v1::SubmitJobResponse job;
  ASSERT_EQ(submit_as(ann_, "a", &job), "");
  ASSERT_EQ(submit_as(ann_, "b", &job), "");
  EXPECT_EQ(submit_as(ann_, "c", &job), "QUOTA_JOBS");
  EXPECT_EQ(submit_as(ann_, "b", &job), "") << "what is submitted already is no other job";
  EXPECT_EQ(submit_as(bob_, "d", &job), "");
  v1::GetCallerResponse caller;
  ASSERT_EQ((as<v1::GetCallerResponse, v1::AccessService>(ann_, &v1::AccessService::Stub::GetCaller,
                                                          v1::GetCallerRequest(), &caller)),
            "");
  EXPECT_EQ(caller.user(), "ann");
  EXPECT_EQ(caller.role(), v1::ROLE_SUBMITTER);
  EXPECT_EQ(caller.quotas().unfinished_jobs(), 2U);
  EXPECT_EQ(caller.quotas().unfinished_jobs_limit(), 2U);
  EXPECT_EQ(caller.quotas().upload_bytes(), read_source_file("models/digits.tflite").size());
  EXPECT_EQ(play_boards(), 3);
  EXPECT_EQ(submit_as(ann_, "c", &job), "");
}

TEST_F(AccessTest, ABoardTakenOutByOperatorsComesBackByOperators) {
  v1::ReserveBoardRequest reserve;
  reserve.set_board_id("big-1");
  reserve.mutable_duration()->set_seconds(3600);
  reserve.set_owner("mallory");
  v1::ReserveBoardResponse reserved;
  ASSERT_EQ(
      (as<v1::ReserveBoardResponse, v1::BoardService>(ann_, &v1::BoardService::Stub::ReserveBoard, reserve, &reserved)),
      "");
  EXPECT_EQ(reserved.board().hold().owner(), "ann");
  v1::ReleaseBoardRequest release;
  release.set_board_id("big-1");
  const auto release_as = [&](const std::string& secret) {
    return as<v1::ReleaseBoardResponse, v1::BoardService>(secret, &v1::BoardService::Stub::ReleaseBoard, release);
  };
  EXPECT_EQ(release_as(bob_), "RESERVATION_NOT_YOURS");
  release.set_force(true);
  EXPECT_EQ(release_as(bob_), "ROLE_TOO_LOW");
  EXPECT_EQ(release_as(operator_), "");
  v1::DrainBoardRequest drain;
  drain.set_board_id("big-1");
  EXPECT_EQ((as<v1::DrainBoardResponse, v1::BoardService>(ann_, &v1::BoardService::Stub::DrainBoard, drain)),
            "ROLE_TOO_LOW");
  EXPECT_EQ((as<v1::DrainBoardResponse, v1::BoardService>(operator_, &v1::BoardService::Stub::DrainBoard, drain)), "");
  release.set_force(false);
  EXPECT_EQ(release_as(ann_), "ROLE_TOO_LOW");
  EXPECT_EQ(release_as(operator_), "");
}

TEST_F(AccessTest, TokensFromMakingToRevoking) {
  v1::CreateTokenRequest create;
  create.set_user("carl");
  create.set_role(v1::ROLE_VIEWER);
  v1::CreateTokenResponse made;
  ASSERT_EQ(
      (as<v1::CreateTokenResponse, v1::AccessService>(admin_, &v1::AccessService::Stub::CreateToken, create, &made)),
      "");
  EXPECT_EQ(made.token().created_by(), "root");

  // A stream that the token has opened ends with it.
  const auto events = stub<v1::EventService>();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + made.secret());
  v1::Event event;
  event.mutable_log()->set_text("hello");
  v1::SubscribeEventsRequest subscribe;
  subscribe.set_after_sequence(bus_.publish(event));
  const auto reader = events->SubscribeEvents(&context, subscribe);
  bus_.publish(event);
  v1::SubscribeEventsResponse message;
  ASSERT_TRUE(reader->Read(&message)) << "it is open";
  auto [status, socket] =
      WebSocketClient::connect(api_->http_port(), "/ws", {{"Authorization", "Bearer " + made.secret()}});
  ASSERT_EQ(status, 101U);
  ASSERT_TRUE(socket->read().has_value()) << "the greeting";

  v1::RevokeTokenRequest revoke;
  revoke.set_id(made.token().id());
  ASSERT_EQ((as<v1::RevokeTokenResponse, v1::AccessService>(admin_, &v1::AccessService::Stub::RevokeToken, revoke)),
            "");
  EXPECT_FALSE(socket->read().has_value()) << "closed";
  while (reader->Read(&message)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(error_of(context).reason(), "TOKEN_REVOKED");
  EXPECT_EQ((as<v1::GetCallerResponse, v1::AccessService>(made.secret(), &v1::AccessService::Stub::GetCaller,
                                                          v1::GetCallerRequest())),
            "TOKEN_REVOKED");

  v1::ListAuditLogRequest ask;
  ask.set_subject(made.token().id());
  v1::ListAuditLogResponse log;
  ASSERT_EQ(
      (as<v1::ListAuditLogResponse, v1::AccessService>(admin_, &v1::AccessService::Stub::ListAuditLog, ask, &log)), "");
  ASSERT_EQ(log.lines_size(), 2);
  EXPECT_EQ(log.lines(0).method(), "AccessService/RevokeToken");
  EXPECT_EQ(log.lines(1).method(), "AccessService/CreateToken");
  EXPECT_EQ(log.lines(1).user(), "root");
  for (const v1::AuditLine& line : log.lines()) EXPECT_EQ(line.DebugString().find(made.secret()), std::string::npos);
}

TEST_F(AccessTest, HttpTakesTheHeaderOrTheCookieOfALogin) {
  const std::string path = "/tinyrig.v1.AccessService/GetCaller";
  EXPECT_EQ(post(path, "{}", {}).status, 401U);
  EXPECT_EQ(post(path, "{}", {{"Authorization", "Bearer " + viewer_}}).status, 200U);
  EXPECT_EQ(post("/login", "{\"token\": \"tinyrig_no\"}", {}).status, 401U);
  EXPECT_EQ(post("/login", "{\"token\": \"a; Domain=evil\"}", {}).status, 400U);
  EXPECT_EQ(post("/login", "[", {}).status, 400U);
  const WebResponse in = post("/login", "{\"token\": \"" + viewer_ + "\"}", {});
  ASSERT_EQ(in.status, 200U) << in.body;
  EXPECT_EQ(in.headers.at("set-cookie"), "tinyrig=" + viewer_ + "; Path=/; HttpOnly; SameSite=Strict");
  const WebHeaders cookie = {{"Cookie", "theme=dark; tinyrig=" + viewer_}};
  EXPECT_EQ(post(path, "{}", cookie).status, 200U);
  EXPECT_EQ(post("/tinyrig.v1.JobService/CancelJob", "{}", cookie).status, 403U);
  // Another page cannot use the cookie, whatever its browser sends along.
  EXPECT_EQ(post(path, "{}", {cookie[0], {"Origin", "http://evil.example"}}).status, 403U);
  EXPECT_EQ(post("/logout", "{}", cookie).headers.at("set-cookie"),
            "tinyrig=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST_F(AccessTest, PagesAskToLogInAndFilesDoNot) {
  const auto get = [&](const std::string& path, const WebHeaders& headers = {}) {
    return fetch("GET", api_->http_port(), path, "", headers);
  };
  EXPECT_EQ(get("/").status, 303U);
  EXPECT_EQ(get("/").headers.at("location"), "/login");
  EXPECT_EQ(get("/runs/r-1").headers.at("location"), "/login?next=/runs/r-1");
  EXPECT_NE(get("/login").status, 303U);
  EXPECT_NE(get("/login.js").status, 303U);
  EXPECT_EQ(get("/healthz").status, 200U) << "what runs the daemon has no token";
  EXPECT_NE(get("/runs/r-1", {{"Cookie", "tinyrig=" + viewer_}}).status, 303U);
  EXPECT_EQ(WebSocketClient::connect(api_->http_port(), "/ws", {}).first, 401U);
}

TEST_F(AccessTest, UploadsAreCountedBeforeTheyCome) {
  v1::UploadModelRequest request;
  request.mutable_header()->set_name("big");
  request.mutable_header()->set_sha256(std::string(64, 'a'));
  request.mutable_header()->set_size_bytes(1'000'001);
  const auto models = stub<v1::ModelService>();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + ann_);
  v1::UploadModelResponse response;
  const auto writer = models->UploadModel(&context, &response);
  writer->Write(request);
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(error_of(context).reason(), "QUOTA_UPLOADS");
}

}  // namespace
}  // namespace tinyrig::api
