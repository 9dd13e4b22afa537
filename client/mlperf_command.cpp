// tinyrig mlperf check: audits files; no server.
#include "client/commands.h"
#include "client/mlperf_text.h"
#include "server/base/error.h"
#include "server/mlperf/audit.h"

namespace tinyrig::client {

ExitCode mlperf_check(const GlobalOptions& global, const MlperfCheckOptions& options) {
  const auto report = mlperf::audit(options.folder);
  if (!report.ok()) {
    const absl::Status& status = report.status();
    return client::report({kUsage, reason_of(status), std::string(status.message()), hint_of(status)});
  }
  if (!print(global.json ? mlperf_json(*report) : mlperf_text(*report))) return kUnavailable;
  return report->count(mlperf::Severity::kError) == 0 ? kOk : kNotSucceeded;
}

}  // namespace tinyrig::client
