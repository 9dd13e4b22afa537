#include <gtest/gtest.h>

#include "server/api/json_gateway.h"
#include "server/base/error.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::api {
namespace {

HttpRequest post(const std::string& path, const std::string& body) {
  HttpRequest request;
  request.method = "POST";
  request.path = path;
  request.body = body;
  return request;
}

std::string reason(const HttpRequest& request) { return reason_of(parse_json_call(request).status()); }

class JsonCallTest : public ::testing::Test {
 protected:
  // The descriptors of what is called must be linked in.
  const v1::SubmitJobRequest submit_;
  const v1::ListBoardsRequest list_;
  const v1::Model model_;
};

TEST_F(JsonCallTest, FindsTheMethodAndParsesTheMessage) {
  const auto call =
      parse_json_call(post("/tinyrig.v1.JobService/SubmitJob",
                           R"({"spec": {"models": ["kws"], "boards": ["all"], "fitPolicy": "FIT_POLICY_SKIP",
                                             "settings": {"sessions": 5}}, "idempotencyKey": "k1"})"));
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_EQ(call->method->full_name(), "tinyrig.v1.JobService.SubmitJob");
  v1::SubmitJobRequest request;
  request.CopyFrom(*call->request);
  EXPECT_EQ(request.spec().models(0), "kws");
  EXPECT_EQ(request.spec().fit_policy(), v1::FIT_POLICY_SKIP);
  EXPECT_EQ(request.spec().settings().sessions(), 5U);
  EXPECT_EQ(request.idempotency_key(), "k1");
}

TEST_F(JsonCallTest, EmptyBodyIsAnEmptyMessage) {
  EXPECT_TRUE(parse_json_call(post("/tinyrig.v1.BoardService/ListBoards", "")).ok());
}

TEST_F(JsonCallTest, UnknownMethods) {
  for (const char* path :
       {"", "/", "/tinyrig.v1.BoardService", "/tinyrig.v1.BoardService/", "/tinyrig.v1.BoardService/X",
        "/tinyrig.v1.BoardService/ListBoards/", "/tinyrig.v1.BoardService.ListBoards", "/google.protobuf.Any/X",
        "/grpc.health.v1.Health/Check", "//ListBoards"}) {
    EXPECT_EQ(reason(post(path, "{}")), "METHOD_UNKNOWN") << path;
  }
}

TEST_F(JsonCallTest, StreamsAreNotForHttp) {
  EXPECT_EQ(reason(post("/tinyrig.v1.JobService/WatchJob", "{}")), "METHOD_STREAMS");
  EXPECT_EQ(reason(post("/tinyrig.v1.ModelService/UploadModel", "{}")), "METHOD_STREAMS");
}

TEST_F(JsonCallTest, BadBodies) {
  for (const char* body : {"{", "[]", "7", "null garbage", R"({"nonsense": 1})", R"({"selector": 7})",
                           R"({"selector": {"a": 1}})", "\xFF\xFE"}) {
    EXPECT_EQ(reason(post("/tinyrig.v1.BoardService/ListBoards", body)), "JSON_INVALID") << body;
  }
}

TEST_F(JsonCallTest, DeepNestingIsRefusedNotFollowed) {
  std::string deep(100'000, '[');
  EXPECT_EQ(reason(post("/tinyrig.v1.BoardService/ListBoards", deep)), "JSON_INVALID");
  deep.clear();
  for (int i = 0; i < 50'000; ++i) deep += R"({"spec":)";
  EXPECT_EQ(reason(post("/tinyrig.v1.JobService/SubmitJob", deep)), "JSON_INVALID");
}

TEST_F(JsonCallTest, TimeoutHeader) {
  HttpRequest request = post("/tinyrig.v1.BoardService/ListBoards", "{}");
  request.headers = {{"connect-timeout-ms", "250"}};
  EXPECT_EQ(parse_json_call(request)->timeout, std::chrono::milliseconds(250));
  for (const char* text : {"", "0", "-1", "1s", "99999999999"}) {
    request.headers = {{"connect-timeout-ms", text}};
    EXPECT_EQ(reason(request), "TIMEOUT_INVALID") << text;
  }
}

TEST_F(JsonCallTest, CompressedBodiesAreRefused) {
  HttpRequest request = post("/tinyrig.v1.BoardService/ListBoards", "{}");
  request.headers = {{"content-encoding", "gzip"}};
  EXPECT_EQ(reason(request), "ENCODING_UNSUPPORTED");
}

}  // namespace
}  // namespace tinyrig::api
