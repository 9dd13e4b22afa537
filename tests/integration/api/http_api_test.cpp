// The HTTP face end to end: JSON calls to the real services, the rules of access, the dashboard's files.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/api/api_fixture.h"
#include "tests/support/web/web_client.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::api {
namespace {

using testing_support::fetch;
using testing_support::WebHeaders;
using testing_support::WebResponse;

class HttpApiTest : public ApiTest {
 protected:
  WebResponse post(const std::string& method, const std::string& body, const WebHeaders& headers = {}) const {
    return fetch("POST", api_->http_port(), "/tinyrig.v1." + method, body, headers);
  }
  static google::protobuf::Struct json(const WebResponse& response) {
    google::protobuf::Struct object;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(response.body, &object).ok()) << response.body;
    return object;
  }
  static std::string reason(const WebResponse& response) {
    const auto object = json(response);
    const auto details = object.fields().find("details");
    if (details == object.fields().end()) return "no details";
    return details->second.list_value()
        .values(0)
        .struct_value()
        .fields()
        .at("debug")
        .struct_value()
        .fields()
        .at("reason")
        .string_value();
  }
};

TEST_F(HttpApiTest, UnaryCallsAnswerJson) {
  const WebResponse response = post("BoardService/ListBoards", R"({"selector": "label:fast"})");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  v1::ListBoardsResponse boards;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(response.body, &boards).ok()) << response.body;
  ASSERT_EQ(boards.boards_size(), 1);
  EXPECT_EQ(boards.boards(0).id(), "big-1");
  EXPECT_NE(response.body.find("\"runsFinished\":\"0\""), std::string::npos) << "defaults are printed";
}

TEST_F(HttpApiTest, AJobFromJsonToResult) {
  add_digits();
  const auto submitted =
      json(post("JobService/SubmitJob", R"({"spec": {"models": ["digits"], "boards": ["big-type"]}})"));
  const std::string job_id = submitted.fields().at("job").struct_value().fields().at("jobId").string_value();
  EXPECT_EQ(play_boards(), 1);
  const auto got = json(post("JobService/GetJob", "{\"jobId\": \"" + job_id + "\"}"));
  EXPECT_EQ(got.fields().at("job").struct_value().fields().at("outcome").string_value(), "OUTCOME_SUCCEEDED");
}

// gRPC's thread must not be the one that lets go of the gateway's channel: the process would abort.
TEST_F(HttpApiTest, EndsRightAfterAnAnswer) {
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(post("BoardService/ListBoards", "{}").status, 200U);
    api_.reset();
    start_api();
  }
}

TEST_F(HttpApiTest, ErrorsOfServicesHaveTheirReasonAndStatus) {
  WebResponse response = post("JobService/GetJob", R"({"jobId": "j-none"})");
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(json(response).fields().at("code").string_value(), "not_found");
  EXPECT_EQ(reason(response), "JOB_UNKNOWN");
  response = post("JobService/SubmitJob", "{}");
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(reason(response), "EMPTY_JOB");
}

TEST_F(HttpApiTest, ErrorsBeforeAnyService) {
  WebResponse response = post("JobService/GetJob", "{nonsense");
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(reason(response), "JSON_INVALID");
  response = post("JobService/Nothing", "{}");
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(reason(response), "METHOD_UNKNOWN");
  response = post("JobService/WatchJob", "{}");
  EXPECT_EQ(response.status, 501U);
  EXPECT_EQ(reason(response), "METHOD_STREAMS");
  response = post("JobService/GetJob", "{}", {{"Connect-Timeout-Ms", "soon"}});
  EXPECT_EQ(reason(response), "TIMEOUT_INVALID");
}

TEST_F(HttpApiTest, ContentTypeHostAndOriginAreEnforced) {
  WebResponse response = post("BoardService/ListBoards", "{}", {{"Content-Type", "text/plain"}});
  EXPECT_EQ(response.status, 415U);
  EXPECT_EQ(reason(response), "HTTP_CONTENT_TYPE_REFUSED");
  response = post("BoardService/ListBoards", "{}", {{"Host", "evil.example"}});
  EXPECT_EQ(response.status, 403U);
  EXPECT_EQ(reason(response), "HTTP_HOST_REFUSED");
  response = post("BoardService/ListBoards", "{}", {{"Origin", "http://evil.example"}});
  EXPECT_EQ(response.status, 403U);
  EXPECT_EQ(reason(response), "HTTP_ORIGIN_REFUSED");
  const std::string own = "http://127.0.0.1:" + std::to_string(api_->http_port());
  EXPECT_EQ(post("BoardService/ListBoards", "{}", {{"Origin", own}}).status, 200U);
  EXPECT_EQ(fetch("GET", api_->http_port(), "/", "", {{"Host", "evil.example"}}).status, 403U);
}

TEST_F(HttpApiTest, NoOtherOriginIsEverAllowed) {
  const WebResponse preflight = fetch("OPTIONS", api_->http_port(), "/tinyrig.v1.JobService/SubmitJob", "",
                                      {{"Origin", "http://evil.example"}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_EQ(preflight.status, 405U);
  EXPECT_EQ(preflight.headers.count("access-control-allow-origin"), 0U);
  EXPECT_EQ(fetch("GET", api_->http_port(), "/tinyrig.v1.JobService/SubmitJob?spec={}").headers.count("content-type"),
            1U)
      << "GET reaches no service";
}

TEST_F(HttpApiTest, OversizedBody) {
  const WebResponse response =
      post("BoardService/ListBoards", "{\"selector\": \"" + std::string(1024 * 1024, 'x') + "\"}");
  EXPECT_EQ(response.status, 413U);
  EXPECT_EQ(reason(response), "HTTP_BODY_TOO_LARGE");
}

TEST_F(HttpApiTest, HealthAndDashboard) {
  const WebResponse health = fetch("GET", api_->http_port(), "/healthz");
  EXPECT_EQ(health.status, 200U);
  EXPECT_EQ(health.body, "ok\n");
  EXPECT_EQ(fetch("GET", api_->http_port(), "/").status, 503U) << "not built yet";
  std::filesystem::create_directories(folder_.path() / "web");
  std::ofstream(folder_.path() / "web/index.html") << "<!doctype html>";
  const WebResponse page = fetch("GET", api_->http_port(), "/runs/r-1");
  EXPECT_EQ(page.status, 200U);
  EXPECT_NE(page.headers.at("content-security-policy").find("default-src 'self'"), std::string::npos);
  const WebResponse known = fetch("GET", api_->http_port(), "/", "", {{"If-None-Match", page.headers.at("etag")}});
  EXPECT_EQ(known.status, 304U);
}

}  // namespace
}  // namespace tinyrig::api
