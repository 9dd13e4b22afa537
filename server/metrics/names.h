// Every metric of the daemon: its name, what it is, and what tells its series apart. docs/metrics.md is held to it.
//
// Conventions: "tinyrig_" first; base units (_seconds, _bytes); counters end in _total. Labels have few values, none of
// them a user's text: types and names of boards come from the farm file, methods are those of the API.
#pragma once

#include <span>
#include <string>

namespace tinyrig::metrics {

enum class Kind { kCounter, kGauge, kHistogram };

struct Metric {
  const char* name;
  Kind kind;
  /// Separated by blanks; "" for none.
  const char* labels;
  const char* help;
};

inline constexpr Metric kRuns{"tinyrig_runs_total", Kind::kCounter, "board_type emulated outcome",
                              "Runs that have ended, by how"};
inline constexpr Metric kAttempts{"tinyrig_attempts_total", Kind::kCounter, "board_type emulated outcome",
                                  "Attempts at runs that have ended, by how: a run that fails on a board goes to "
                                  "another"};
inline constexpr Metric kRunWait{"tinyrig_run_wait_seconds", Kind::kHistogram, "board_type emulated",
                                 "From a job's submission until a board has taken its run for the first time"};
inline constexpr Metric kSamples{"tinyrig_ingest_samples_total", Kind::kCounter, "board_type emulated kind",
                                 "Raw samples that came with results: latency, or current (words of an instrument)"};
inline constexpr Metric kIngestBytes{"tinyrig_ingest_recording_bytes_total", Kind::kCounter, "board_type emulated",
                                     "Bytes of instruments' recordings that came with results, before compression"};
inline constexpr Metric kFirmwareWrites{"tinyrig_flashes_total", Kind::kCounter, "board_type emulated result",
                                        "Firmware written to boards' flash: ok, failed, cancelled"};
inline constexpr Metric kSlotWrites{"tinyrig_model_slot_writes_total", Kind::kCounter, "board_type emulated",
                                    "Models written to a slot in boards' flash, begun"};
inline constexpr Metric kRecoveries{"tinyrig_recoveries_total", Kind::kCounter, "board_type emulated rung result",
                                    "Rungs of the recovery ladder that were tried: helped, failed"};
inline constexpr Metric kFrames{"tinyrig_link_frames_total", Kind::kCounter, "board_type emulated direction",
                                "Frames on boards' lines: received, of any kind; sent, with data"};
inline constexpr Metric kLinkErrors{"tinyrig_link_errors_total", Kind::kCounter, "board_type emulated kind",
                                    "Errors of boards' lines; kinds in docs/metrics.md"};
inline constexpr Metric kCommits{"tinyrig_store_commit_duration_seconds", Kind::kHistogram, "",
                                 "How long the writer took to bring a group of writes to the disk"};
inline constexpr Metric kWrites{"tinyrig_store_writes_total", Kind::kCounter, "",
                                "Writes that were brought to the disk or refused"};
inline constexpr Metric kRefusedCommits{"tinyrig_store_refused_commits_total", Kind::kCounter, "reason",
                                        "Groups of writes of which the store refused any: disk_full, store_busy, "
                                        "store_failed"};
inline constexpr Metric kCalls{"tinyrig_api_calls_total", Kind::kCounter, "method code",
                               "Calls that have ended, over gRPC and as JSON"};
inline constexpr Metric kCallDuration{"tinyrig_api_call_duration_seconds", Kind::kHistogram, "method",
                                      "How long unary calls took"};
inline constexpr Metric kHttpRequests{"tinyrig_http_requests_total", Kind::kCounter, "status",
                                      "HTTP requests that were answered, by class of status: 2xx, 4xx, ..."};
inline constexpr Metric kWebSockets{"tinyrig_websockets_open", Kind::kGauge, "", "WebSockets that are open"};

// Asked for when they are read:
inline constexpr Metric kBoards{"tinyrig_boards", Kind::kGauge, "board_type emulated activity health",
                                "Boards of the farm, by what they do and how far they are trusted"};
inline constexpr Metric kBoardUp{"tinyrig_board_up", Kind::kGauge, "board board_type emulated",
                                 "1: the board takes runs (idle, busy, cleaning); 0: it does not"};
inline constexpr Metric kBoardHeld{"tinyrig_board_held", Kind::kGauge, "board board_type emulated kind",
                                   "1: somebody keeps the board out of the queue: reserved, maintenance, quarantined"};
inline constexpr Metric kQueuedRuns{"tinyrig_queue_runs", Kind::kGauge, "board_type emulated priority",
                                    "Runs that wait for a board"};
inline constexpr Metric kQueueOldest{"tinyrig_queue_oldest_wait_seconds", Kind::kGauge, "board_type emulated priority",
                                     "How long the run has waited that waits longest, since its job's submission"};
inline constexpr Metric kUnsavedEnds{"tinyrig_queue_unsaved_ends", Kind::kGauge, "",
                                     "Results that wait in memory for room on the disk"};
inline constexpr Metric kStoredBytes{"tinyrig_stored_bytes", Kind::kGauge, "kind",
                                     "What is kept, by kind, as `tinyrig admin storage` shows it"};
inline constexpr Metric kQuotaBytes{"tinyrig_stored_quota_bytes", Kind::kGauge, "kind", "Most bytes of a kind"};
inline constexpr Metric kDatabaseBytes{"tinyrig_database_bytes", Kind::kGauge, "", "The database's file"};
inline constexpr Metric kLogBytes{"tinyrig_database_log_bytes", Kind::kGauge, "", "The database's write-ahead log"};
inline constexpr Metric kDiskFree{"tinyrig_disk_free_bytes", Kind::kGauge, "",
                                  "Free for the daemon on the file system of its data"};
inline constexpr Metric kDiskTotal{"tinyrig_disk_total_bytes", Kind::kGauge, "", "Size of that file system"};
inline constexpr Metric kReady{"tinyrig_ready", Kind::kGauge, "",
                               "1: the daemon can do all of its work, as /readyz says"};
inline constexpr Metric kStartTime{"tinyrig_start_time_seconds", Kind::kGauge, "",
                                   "When the daemon started, in seconds since 1970"};
inline constexpr Metric kBuild{"tinyrig_build_info", Kind::kGauge, "version", "1, of the version that runs"};

/// All of the above, in that order.
std::span<const Metric> all_metrics();

/// "true" or "false": the value of the label `emulated`.
inline const char* emulated_label(bool emulated) { return emulated ? "true" : "false"; }

/// ACTIVITY_IDLE, "ACTIVITY_" -> "idle".
std::string enum_label(const std::string& value_name, const std::string& prefix);

}  // namespace tinyrig::metrics
