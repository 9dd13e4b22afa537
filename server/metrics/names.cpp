#include "server/metrics/names.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace tinyrig::metrics {

std::span<const Metric> all_metrics() {
  static constexpr std::array kAll = {
      kRuns,         kAttempts,     kRunWait,     kSamples,    kIngestBytes,   kFirmwareWrites, kSlotWrites,
      kRecoveries,   kFrames,       kLinkErrors,  kCommits,    kWrites,        kRefusedCommits, kCalls,
      kCallDuration, kHttpRequests, kWebSockets,  kBoards,     kBoardUp,       kBoardHeld,      kQueuedRuns,
      kQueueOldest,  kUnsavedEnds,  kStoredBytes, kQuotaBytes, kDatabaseBytes, kLogBytes,       kDiskFree,
      kDiskTotal,    kReady,        kStartTime,   kBuild};
  return kAll;
}

std::string enum_label(const std::string& value_name, const std::string& prefix) {
  return absl::AsciiStrToLower(absl::StripPrefix(value_name, prefix));
}

}  // namespace tinyrig::metrics
