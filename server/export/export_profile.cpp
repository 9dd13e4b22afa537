#include "server/export/export_profile.h"

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::exporting {

absl::StatusOr<v1::ExportProfileResponse> export_profile(const v1::Run& run, v1::ProfileFormat format) {
  const std::string& id = run.summary().run_id();
  if (run.result().profile().operators().empty()) {
    return make_error(absl::StatusCode::kFailedPrecondition, "PROFILE_MISSING",
                      absl::StrCat("run ", id, " has no profile"),
                      "It must have finished, and its job must measure profile (all jobs do unless told otherwise).");
  }
  v1::ExportProfileResponse file;
  switch (format) {
    case v1::PROFILE_FORMAT_CHROME_TRACE:
      file.set_file_name(absl::StrCat("tinyrig-profile-", id, ".trace.json"));
      file.set_media_type("application/json");
      file.set_content(chrome_trace(run));
      return file;
    case v1::PROFILE_FORMAT_CSV:
      file.set_file_name(absl::StrCat("tinyrig-profile-", id, ".csv"));
      file.set_media_type("text/csv");
      file.set_content(profile_csv(run));
      return file;
    default:
      return make_error(absl::StatusCode::kInvalidArgument, "FORMAT_UNKNOWN",
                        absl::StrCat("there is no profile format ", static_cast<int>(format)),
                        "Known are PROFILE_FORMAT_CHROME_TRACE and PROFILE_FORMAT_CSV.");
  }
}

}  // namespace tinyrig::exporting
