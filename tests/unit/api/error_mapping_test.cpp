#include "server/api/error_mapping.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "server/base/error.h"

namespace tinyrig::api {
namespace {

google::protobuf::Struct json_of(const HttpResponse& response) {
  google::protobuf::Struct object;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(response.body, &object).ok()) << response.body;
  return object;
}

TEST(ToErrorDetail, CarriesReasonMessageHint) {
  const v1::ErrorDetail detail =
      to_error_detail(make_error(absl::StatusCode::kNotFound, "BOARD_UNKNOWN", "no board x", "look again"));
  EXPECT_EQ(detail.reason(), "BOARD_UNKNOWN");
  EXPECT_EQ(detail.message(), "no board x");
  EXPECT_EQ(detail.hint(), "look again");
  EXPECT_EQ(to_error_detail(absl::InternalError("oops")).reason(), "INTERNAL") << "the code stands in";
}

TEST(ToGrpcStatus, CodeTextAndDetailsStayBelowTheLimitOfHeaders) {
  const grpc::Status status = to_grpc_status(
      make_error(absl::StatusCode::kInvalidArgument, "REASON", std::string(9000, 'm'), std::string(9000, 'h')));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_LE(status.error_message().size(), kMaxErrorTextBytes);
  EXPECT_LT(status.error_message().size() + status.error_details().size(), 8000U);
  EXPECT_NE(status.error_details().find("type.googleapis.com/tinyrig.v1.ErrorDetail"), std::string::npos);
  EXPECT_TRUE(to_grpc_status(absl::OkStatus()).ok());
}

TEST(ConnectError, HasCodeMessageAndDetails) {
  const absl::Status status = make_error(absl::StatusCode::kNotFound, "RUN_UNKNOWN", "no run \"x\"", "list runs");
  const HttpResponse response = connect_error(status);
  EXPECT_EQ(response.status, 404U);
  const auto object = json_of(response);
  EXPECT_EQ(object.fields().at("code").string_value(), "not_found");
  EXPECT_EQ(object.fields().at("message").string_value(), "no run \"x\"");
  const auto& detail = object.fields().at("details").list_value().values(0).struct_value();
  EXPECT_EQ(detail.fields().at("type").string_value(), "tinyrig.v1.ErrorDetail");
  EXPECT_EQ(detail.fields().at("debug").struct_value().fields().at("reason").string_value(), "RUN_UNKNOWN");

  const std::string value = detail.fields().at("value").string_value();
  EXPECT_EQ(value.find('='), std::string::npos);
  std::string bytes;
  ASSERT_TRUE(absl::Base64Unescape(value, &bytes));
  v1::ErrorDetail decoded;
  ASSERT_TRUE(decoded.ParseFromString(bytes));
  EXPECT_EQ(decoded.hint(), "list runs");
}

TEST(ConnectError, StatusesOfTheProtocol) {
  EXPECT_EQ(connect_error(absl::InvalidArgumentError("")).status, 400U);
  EXPECT_EQ(connect_error(absl::FailedPreconditionError("")).status, 400U);
  EXPECT_EQ(connect_error(absl::AlreadyExistsError("")).status, 409U);
  EXPECT_EQ(connect_error(absl::UnimplementedError("")).status, 501U);
  EXPECT_EQ(connect_error(absl::ResourceExhaustedError("")).status, 429U);
  EXPECT_EQ(connect_error(absl::UnavailableError("")).status, 503U);
  EXPECT_EQ(connect_error(absl::InternalError("")).status, 500U);
  EXPECT_EQ(connect_error(absl::InternalError(""), 413).status, 413U) << "given by the caller";
  EXPECT_EQ(json_of(connect_error(absl::CancelledError(""))).fields().at("code").string_value(), "canceled");
}

}  // namespace
}  // namespace tinyrig::api
