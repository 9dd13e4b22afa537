#include "server/api/model_request_rules.h"

#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::api {
namespace {

v1::UploadModelRequest::Header good_header() {
  v1::UploadModelRequest::Header header;
  header.set_name("kws");
  header.set_sha256(std::string(64, 'a'));
  header.set_size_bytes(1000);
  return header;
}

TEST(ModelName, Rules) {
  for (const char* name : {"kws", "a", "KWS_small-2.1", "0"}) EXPECT_TRUE(check_model_name(name).ok()) << name;
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string("-kws"), std::string(".hidden"),
                                  std::string("a b"), std::string("a/b"), std::string("a\n"), std::string("\xC3\xA4"),
                                  std::string(64, 'a'), std::string("label:x"), std::string("a\0b", 3)}) {
    EXPECT_EQ(reason_of(check_model_name(name)), "MODEL_NAME_INVALID") << name;
  }
}

TEST(UploadHeader, GoodOne) { EXPECT_TRUE(check_upload_header(good_header()).ok()); }

TEST(UploadHeader, EachWrongField) {
  auto header = good_header();
  header.set_name("");
  EXPECT_EQ(reason_of(check_upload_header(header)), "MODEL_NAME_INVALID");
  header = good_header();
  header.set_sha256("../../etc/passwd");
  EXPECT_EQ(reason_of(check_upload_header(header)), "DIGEST_INVALID");
  header = good_header();
  header.set_size_bytes(0);
  EXPECT_EQ(reason_of(check_upload_header(header)), "MODEL_EMPTY");
  header = good_header();
  header.set_size_bytes(kMaxModelBytes + 1);
  EXPECT_EQ(reason_of(check_upload_header(header)), "MODEL_FILE_TOO_LARGE");
  header = good_header();
  header.set_offset(1001);
  EXPECT_EQ(reason_of(check_upload_header(header)), "UPLOAD_OFFSET_BEYOND");
}

TEST(UploadHeader, ExpectedOutputs) {
  auto header = good_header();
  header.add_expected_outputs()->set_seed(1);
  header.add_expected_outputs()->set_seed(2);
  EXPECT_TRUE(check_upload_header(header).ok());
  header.add_expected_outputs()->set_seed(2);
  EXPECT_EQ(reason_of(check_upload_header(header)), "EXPECTED_OUTPUT_INVALID");
  header = good_header();
  header.add_expected_outputs();
  EXPECT_EQ(reason_of(check_upload_header(header)), "EXPECTED_OUTPUT_INVALID");
  header = good_header();
  for (int i = 1; i <= kMaxExpectedOutputs + 1; ++i) header.add_expected_outputs()->set_seed(i);
  EXPECT_EQ(reason_of(check_upload_header(header)), "EXPECTED_OUTPUT_INVALID");
}

TEST(ExpectedOutputs, HashesPerOperatorMustFitTheModel) {
  auto header = good_header();
  auto* expected = header.add_expected_outputs();
  expected->set_seed(1);
  EXPECT_TRUE(check_expected_outputs(header, 13).ok()) << "none given";
  for (int i = 0; i < 13; ++i) expected->add_operator_fnv1a32(7);
  EXPECT_TRUE(check_expected_outputs(header, 13).ok());
  EXPECT_EQ(reason_of(check_expected_outputs(header, 12)), "EXPECTED_OUTPUT_INVALID");
}

}  // namespace
}  // namespace tinyrig::api
