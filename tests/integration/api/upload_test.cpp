// Models on their way in: whole, interrupted and resumed, wrong in every way. Nothing half-done stays.
#include <filesystem>
#include <fstream>

#include "server/api/upload_area.h"
#include "tests/integration/api/api_fixture.h"

namespace tinyrig::api {
namespace {

using Models = v1::ModelService::Stub;

class UploadTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    models_ = stub<v1::ModelService>();
    digits_ = read_source_file("models/digits.tflite");
  }

  int registered() {
    return call<v1::ListModelsResponse>(*models_, &Models::ListModels, v1::ListModelsRequest()).models_size();
  }
  bool parts_left() const { return !std::filesystem::is_empty(folder_.path() / "uploads"); }
  std::string refusal_of(const std::string& name, const std::string& bytes) {
    v1::UploadModelResponse response;
    std::string reason;
    upload(name, bytes, &response, &reason);
    return reason;
  }
  v1::GetUploadStatusResponse status_of(const std::string& bytes) {
    v1::GetUploadStatusRequest request;
    request.set_sha256(sha256_hex(bytes));
    return call<v1::GetUploadStatusResponse>(*models_, &Models::GetUploadStatus, request);
  }
  v1::UploadModelRequest header(const std::string& name, const std::string& bytes, std::uint64_t offset) const {
    v1::UploadModelRequest request;
    request.mutable_header()->set_name(name);
    request.mutable_header()->set_sha256(sha256_hex(bytes));
    request.mutable_header()->set_size_bytes(bytes.size());
    request.mutable_header()->set_offset(offset);
    return request;
  }
  // Sends these messages, then ends; gives the reason of the refusal.
  std::string refusal_of(const std::vector<v1::UploadModelRequest>& messages) {
    grpc::ClientContext context;
    v1::UploadModelResponse response;
    const auto writer = models_->UploadModel(&context, &response);
    for (const auto& message : messages) {
      if (!writer->Write(message)) break;
    }
    writer->WritesDone();
    return writer->Finish().ok() ? "" : error_of(context).reason();
  }
  static v1::UploadModelRequest chunk(const std::string& bytes) {
    v1::UploadModelRequest request;
    request.set_chunk(bytes);
    return request;
  }

  std::unique_ptr<Models> models_;
  std::string digits_;
};

TEST_F(UploadTest, WholeModelIsDescribed) {
  v1::UploadModelResponse response;
  ASSERT_TRUE(upload("digits", digits_, &response).ok());
  EXPECT_FALSE(response.already_present());
  const v1::Model& model = response.model();
  EXPECT_EQ(model.name(), "digits");
  EXPECT_EQ(model.sha256(), sha256_hex(digits_));
  EXPECT_EQ(model.size_bytes(), digits_.size());
  ASSERT_EQ(model.inputs_size(), 1);
  EXPECT_EQ(model.inputs(0).type(), "int8");
  EXPECT_EQ(model.inputs(0).size_bytes(), 64U);
  EXPECT_EQ(model.outputs(0).size_bytes(), 10U);
  EXPECT_GT(model.operators_size(), 3);
  EXPECT_EQ(model.operators(0).kind(), "CONV_2D");
  EXPECT_GT(model.macs(), 1000U);
  EXPECT_GE(model.arena_lower_bound_bytes(), 74U);
  EXPECT_FALSE(parts_left());

  v1::GetModelRequest get;
  get.set_model(model.sha256().substr(0, 8));
  EXPECT_EQ(call<v1::GetModelResponse>(*models_, &Models::GetModel, get).model().operators_size(),
            model.operators_size());
}

TEST_F(UploadTest, TheSameBytesAgain) {
  v1::UploadModelResponse response;
  ASSERT_TRUE(upload("digits", digits_, &response).ok());
  ASSERT_TRUE(upload("digits", digits_, &response).ok());
  EXPECT_TRUE(response.already_present());
  EXPECT_TRUE(status_of(digits_).complete());
  EXPECT_EQ(registered(), 1);
}

TEST_F(UploadTest, TheNameOfOtherBytes) {
  v1::UploadModelResponse response;
  ASSERT_TRUE(upload("model", digits_, &response).ok());
  EXPECT_EQ(refusal_of("model", read_source_file("models/vibration.tflite")), "MODEL_NAME_TAKEN");
  EXPECT_EQ(registered(), 1);
  EXPECT_FALSE(parts_left());
}

TEST_F(UploadTest, BytesThatAreNoModel) {
  EXPECT_EQ(refusal_of("text", "this is no flatbuffer at all"), "MODEL_NOT_FLATBUFFER");
  EXPECT_EQ(refusal_of("half", digits_.substr(0, digits_.size() / 2)), "MODEL_NOT_FLATBUFFER");
  EXPECT_EQ(refusal_of("float", read_source_file("tests/vectors/bad/float_model.tflite")), "MODEL_FLOAT");
  EXPECT_EQ(refusal_of("sin", read_source_file("tests/vectors/bad/unknown_operator_sin.tflite")),
            "MODEL_UNKNOWN_OPERATOR");
  EXPECT_EQ(registered(), 0);
  EXPECT_FALSE(parts_left());
}

TEST_F(UploadTest, RefusalNamesWhatAndWhere) {
  grpc::ClientContext context;
  v1::UploadModelResponse response;
  const std::string bytes = read_source_file("tests/vectors/bad/unknown_operator_sin.tflite");
  const auto writer = models_->UploadModel(&context, &response);
  writer->Write(header("sin", bytes, 0));
  writer->Write(chunk(bytes));
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("SIN"), std::string::npos) << status.error_message();
  EXPECT_FALSE(error_of(context).hint().empty());
}

TEST_F(UploadTest, BadHeadersAndOrder) {
  EXPECT_EQ(refusal_of(std::vector<v1::UploadModelRequest>{}), "UPLOAD_MALFORMED") << "nothing came";
  EXPECT_EQ(refusal_of({chunk("x")}), "UPLOAD_MALFORMED") << "chunk first";
  EXPECT_EQ(refusal_of({v1::UploadModelRequest()}), "UPLOAD_MALFORMED") << "neither header nor chunk";
  EXPECT_EQ(refusal_of({header("d", digits_, 0), header("d", digits_, 0)}), "UPLOAD_MALFORMED") << "two headers";
  EXPECT_EQ(refusal_of({header("../d", digits_, 0)}), "MODEL_NAME_INVALID");
  EXPECT_EQ(refusal_of({header("d", digits_, 5)}), "UPLOAD_OFFSET_BEYOND");
  auto wrong = header("d", digits_, 0);
  wrong.mutable_header()->set_sha256("zz");
  EXPECT_EQ(refusal_of({wrong}), "DIGEST_INVALID");
  wrong = header("d", digits_, 0);
  wrong.mutable_header()->set_size_bytes(std::uint64_t{65} << 20);
  EXPECT_EQ(refusal_of({wrong}), "MODEL_FILE_TOO_LARGE");
  EXPECT_EQ(refusal_of({header("d", digits_, 0), chunk(std::string(70'000, 'x'))}), "UPLOAD_CHUNK_TOO_LARGE");
  EXPECT_EQ(refusal_of({header("d", "four", 0), chunk("fives")}), "UPLOAD_TOO_LONG");
  wrong = header("d", "four", 0);
  EXPECT_EQ(refusal_of({wrong, chunk("FOUR")}), "UPLOAD_DIGEST_MISMATCH");
  EXPECT_EQ(registered(), 0);
}

TEST_F(UploadTest, ExpectedOutputsMustFitTheModel) {
  auto request = header("digits", digits_, 0);
  auto* expected = request.mutable_header()->add_expected_outputs();
  expected->set_seed(1);
  expected->add_operator_fnv1a32(7);
  EXPECT_EQ(refusal_of({request, chunk(digits_)}), "EXPECTED_OUTPUT_INVALID");
  expected->clear_operator_fnv1a32();
  EXPECT_EQ(refusal_of({request, chunk(digits_)}), "");
  expected->set_seed(2);
  EXPECT_EQ(refusal_of({request}), "") << "known bytes: more expectations need no bytes";
  v1::GetModelRequest get;
  get.set_model("digits");
  EXPECT_EQ(call<v1::GetModelResponse>(*models_, &Models::GetModel, get).model().expected_outputs_size(), 2);
}

TEST_F(UploadTest, ClientGoneInMidStreamResumes) {
  const std::size_t half = digits_.size() / 2;
  {
    grpc::ClientContext context;
    v1::UploadModelResponse response;
    const auto writer = models_->UploadModel(&context, &response);
    ASSERT_TRUE(writer->Write(header("digits", digits_, 0)));
    ASSERT_TRUE(writer->Write(chunk(digits_.substr(0, half))));
    while (status_of(digits_).received_bytes() != half) {  // until the server has it
    }
    context.TryCancel();
    EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_EQ(registered(), 0);
  EXPECT_EQ(status_of(digits_).received_bytes(), half);
  EXPECT_FALSE(status_of(digits_).complete());
  std::string refused;
  do {  // the server may not have noticed yet that the first client is gone
    refused = refusal_of({header("digits", digits_, half), chunk(digits_.substr(half))});
  } while (refused == "UPLOAD_IN_PROGRESS");
  EXPECT_EQ(refused, "");
  EXPECT_EQ(registered(), 1);
  EXPECT_FALSE(parts_left());
}

TEST_F(UploadTest, ClientThatEndsEarlyKeepsItsPart) {
  EXPECT_EQ(refusal_of({header("digits", digits_, 0), chunk(digits_.substr(0, 100))}), "UPLOAD_INCOMPLETE");
  EXPECT_EQ(status_of(digits_).received_bytes(), 100U);
  EXPECT_EQ(refusal_of({header("digits", digits_, 100), chunk(digits_.substr(100))}), "");
}

TEST_F(UploadTest, StatusOfNonsense) {
  v1::GetUploadStatusRequest request;
  request.set_sha256("../../etc/passwd");
  EXPECT_EQ(refusal<v1::GetUploadStatusResponse>(*models_, &Models::GetUploadStatus, request), "DIGEST_INVALID");
}

}  // namespace
}  // namespace tinyrig::api
