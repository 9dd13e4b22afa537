// Which role each method asks for. The table is written out: a method that becomes open by mistake is seen here.
#include "server/access/roles.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "server/access/audit.h"
#include "server/access/caller.h"
#include "server/base/error.h"
#include "tinyrig/v1/board_access.pb.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::access {
namespace {

TEST(RolesTest, WhatIsNotOnlyRead) {
  const std::map<std::string, v1::Role> expected = {
      {"AccessService/CreateToken", v1::ROLE_ADMIN},        {"AccessService/ListTokens", v1::ROLE_ADMIN},
      {"AccessService/RevokeToken", v1::ROLE_ADMIN},        {"AccessService/ListAuditLog", v1::ROLE_ADMIN},
      {"AdminService/ExportBackup", v1::ROLE_ADMIN},        {"AdminService/GetStorage", v1::ROLE_OPERATOR},
      {"BoardAccessService/FlashBoard", v1::ROLE_OPERATOR}, {"BoardAccessService/OpenConsole", v1::ROLE_OPERATOR},
      {"BoardService/DrainBoard", v1::ROLE_OPERATOR},       {"BoardService/QuarantineBoard", v1::ROLE_OPERATOR},
      {"BoardService/ReleaseBoard", v1::ROLE_SUBMITTER},    {"BoardService/ReserveBoard", v1::ROLE_SUBMITTER},
      {"JobService/CancelJob", v1::ROLE_SUBMITTER},         {"JobService/SubmitJob", v1::ROLE_SUBMITTER},
      {"ModelService/GetUploadStatus", v1::ROLE_SUBMITTER}, {"ModelService/UploadModel", v1::ROLE_SUBMITTER},
  };
  std::map<std::string, v1::Role> above_viewer;
  for (const auto* method : all_methods()) {
    EXPECT_NE(required_role(*method), v1::ROLE_UNSPECIFIED) << method->full_name();
    EXPECT_EQ(method_of_request(*method->input_type()), method);
    if (required_role(*method) > v1::ROLE_VIEWER) above_viewer[short_name(*method)] = required_role(*method);
    const bool looks = method->name().rfind("Get", 0) == 0 || method->name().rfind("List", 0) == 0;
    EXPECT_EQ(is_audited(*method), required_role(*method) > v1::ROLE_VIEWER && !looks) << method->full_name();
  }
  EXPECT_EQ(above_viewer, expected);
}

TEST(RolesTest, EachRoleMayWhatThoseBeforeItMay) {
  Caller caller{"ann", v1::ROLE_SUBMITTER, "t-1"};
  EXPECT_TRUE(check_role(caller, v1::ROLE_VIEWER, "GetJob").ok());
  EXPECT_TRUE(check_role(caller, v1::ROLE_SUBMITTER, "SubmitJob").ok());
  const absl::Status refused = check_role(caller, v1::ROLE_OPERATOR, "FlashBoard");
  EXPECT_EQ(reason_of(refused), "ROLE_TOO_LOW");
  EXPECT_EQ(refused.message(), "FlashBoard is for the role operator and above; your token has the role submitter");
  // A method that forgot to say is for nobody.
  caller.role = v1::ROLE_ADMIN;
  EXPECT_EQ(reason_of(check_role(caller, v1::ROLE_UNSPECIFIED, "New")), "ROLE_TOO_LOW");
}

TEST(RolesTest, WhatIsOnesOwn) {
  EXPECT_TRUE(check_owner({"ann", v1::ROLE_SUBMITTER, "t-1"}, "ann", "job j-1").ok());
  EXPECT_TRUE(check_owner({"bob", v1::ROLE_OPERATOR, "t-2"}, "ann", "job j-1").ok());
  EXPECT_EQ(reason_of(check_owner({"bob", v1::ROLE_SUBMITTER, "t-2"}, "ann", "job j-1")), "NOT_YOURS");
  // What is nobody's is not everybody's.
  EXPECT_EQ(reason_of(check_owner({"bob", v1::ROLE_SUBMITTER, "t-2"}, "", "job j-1")), "NOT_YOURS");
}

TEST(AuditTest, WhatACallIsAbout) {
  v1::CancelJobRequest cancel;
  cancel.set_job_id("j-7");
  EXPECT_EQ(subject_of(cancel), "j-7");
  v1::FlashBoardRequest flash;
  flash.mutable_start()->mutable_access()->set_board_id("dial\n1");
  flash.mutable_start()->mutable_access()->set_token("secret");
  EXPECT_EQ(subject_of(flash), "dial?1");
  v1::SubmitJobResponse submitted;
  submitted.mutable_job()->set_job_id("j-8");
  EXPECT_EQ(subject_of(submitted), "j-8");
  EXPECT_EQ(subject_of(v1::SubmitJobRequest()), "");
  EXPECT_EQ(result_text(absl::OkStatus()), "OK");
  EXPECT_EQ(result_text(make_error(absl::StatusCode::kNotFound, "JOB_UNKNOWN", "no")), "JOB_UNKNOWN");
  EXPECT_EQ(result_text(absl::CancelledError("")), "CANCELLED");
}

}  // namespace
}  // namespace tinyrig::access
