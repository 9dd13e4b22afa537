#include "server/metrics/event_metrics.h"

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::metrics {
namespace {

using prometheus::Histogram;
using prometheus::Labels;

const Histogram::BucketBoundaries kWaitSeconds = {0.1, 0.5, 1, 5, 15, 60, 300, 900, 3'600, 4 * 3'600, 24 * 3'600};
const Histogram::BucketBoundaries kCommitSeconds = {0.000'25, 0.000'5, 0.001, 0.002'5, 0.005, 0.01, 0.025,
                                                    0.05,     0.1,     0.25,  0.5,     1,     5};
const Histogram::BucketBoundaries kCallSeconds = {0.000'5, 0.001, 0.002'5, 0.005, 0.01, 0.025, 0.05,
                                                  0.1,     0.25,  0.5,     1,     2.5,  10};
constexpr std::uint64_t kWordBytes = 4;  // of a recording of "ppk2"

Labels with(Labels labels, const std::string& name, std::string value) {
  labels[name] = std::move(value);
  return labels;
}

Labels labels_of_board(const v1::Board& board) {
  return {{"board_type", board.board_type()}, {"emulated", emulated_label(board.emulated())}};
}

std::string outcome_label(v1::Outcome outcome) { return enum_label(v1::Outcome_Name(outcome), "OUTCOME_"); }

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

// What goes wrong on a line, of all the reasons why a board may be in trouble.
const char* link_error_of(const std::string& reason) {
  static const std::map<std::string, const char*> kKinds = {
      {"AGENT_SILENT", "timeout"},      {"BOARD_RESET", "board_reset"},       {"LINK_TOO_NOISY", "too_noisy"},
      {"UNPLUGGED", "unplugged"},       {"PORT_NOT_FOUND", "no_port"},        {"AGENT_PROTOCOL", "protocol"},
      {"PROTOCOL_VERSION", "protocol"}, {"BAUD_SWITCH_FAILED", "baud_switch"}};
  const auto kind = kKinds.find(reason);
  return kind == kKinds.end() ? nullptr : kind->second;
}

}  // namespace

EventMetrics::EventMetrics(const std::vector<v1::BoardType>& types)
    : runs_(counters(kRuns)),
      attempts_(counters(kAttempts)),
      run_wait_(histograms(kRunWait)),
      samples_(counters(kSamples)),
      ingest_bytes_(counters(kIngestBytes)),
      firmware_writes_(counters(kFirmwareWrites)),
      slot_writes_(counters(kSlotWrites)),
      recoveries_(counters(kRecoveries)),
      frames_(counters(kFrames)),
      link_errors_(counters(kLinkErrors)),
      commits_(histograms(kCommits).Add({}, kCommitSeconds)),
      writes_(counters(kWrites).Add({})),
      refused_commits_(counters(kRefusedCommits)),
      calls_(counters(kCalls)),
      call_duration_(histograms(kCallDuration)),
      http_requests_(counters(kHttpRequests)),
      websockets_(prometheus::BuildGauge().Name(kWebSockets.name).Help(kWebSockets.help).Register(registry_).Add({})) {
  for (const v1::BoardType& type : types) {
    if (type.emulated()) emulated_types_.insert(type.id());
  }
}

EventMetrics::Counters& EventMetrics::counters(const Metric& metric) {
  return prometheus::BuildCounter().Name(metric.name).Help(metric.help).Register(registry_);
}

EventMetrics::Histograms& EventMetrics::histograms(const Metric& metric) {
  return prometheus::BuildHistogram().Name(metric.name).Help(metric.help).Register(registry_);
}

Labels EventMetrics::labels_of(const v1::RunSummary& run) const {
  return {{"board_type", run.board_type()}, {"emulated", emulated_label(emulated_types_.contains(run.board_type()))}};
}

void EventMetrics::on_rung(const v1::Board& board, const std::string& rung, bool helped) {
  recoveries_.Add(with(with(labels_of_board(board), "rung", rung), "result", helped ? "helped" : "failed")).Increment();
}

void EventMetrics::on_firmware_write(const v1::Board& board, const absl::Status& end) {
  const char* result = end.ok() ? "ok" : absl::IsCancelled(end) ? "cancelled" : "failed";
  firmware_writes_.Add(with(labels_of_board(board), "result", result)).Increment();
}

void EventMetrics::on_slot_write(const v1::Board& board) { slot_writes_.Add(labels_of_board(board)).Increment(); }

void EventMetrics::on_line(const v1::Board& board, const link::Counters& since) {
  const Labels labels = labels_of_board(board);
  frames_.Add(with(labels, "direction", "received")).Increment(since.frames_received);
  frames_.Add(with(labels, "direction", "sent")).Increment(since.data_frames_sent + since.retransmitted);
  const std::pair<const char*, std::uint32_t> errors[] = {{"damaged", since.bad_chunks},
                                                          {"resent", since.retransmitted},
                                                          {"gap", since.gaps},
                                                          {"duplicate", since.duplicates},
                                                          {"stale", since.stale}};
  for (const auto& [kind, count] : errors) link_errors_.Add(with(labels, "kind", kind)).Increment(count);
}

void EventMetrics::on_trouble(const v1::Board& board, const std::string& reason) {
  const char* kind = link_error_of(reason);
  if (kind != nullptr) link_errors_.Add(with(labels_of_board(board), "kind", kind)).Increment();
}

void EventMetrics::on_first_attempt(const v1::RunSummary& run, absl::Duration waited) {
  run_wait_.Add(labels_of(run), kWaitSeconds).Observe(absl::ToDoubleSeconds(waited));
}

void EventMetrics::on_attempt_ended(const v1::RunSummary& run, const store::AttemptEnd& end) {
  const Labels labels = labels_of(run);
  attempts_.Add(with(labels, "outcome", outcome_label(end.attempt.outcome()))).Increment();
  int latencies = 0;
  for (const v1::SessionSamples& session : end.samples) latencies += session.latency_ticks_size();
  if (latencies > 0) samples_.Add(with(labels, "kind", "latency")).Increment(latencies);
  if (end.capture == nullptr) return;
  const std::uint64_t bytes = end.capture->info.size_bytes();
  ingest_bytes_.Add(labels).Increment(static_cast<double>(bytes));
  samples_.Add(with(labels, "kind", "current")).Increment(static_cast<double>(bytes / kWordBytes));
}

void EventMetrics::on_run_finished(const v1::RunSummary& run) {
  runs_.Add(with(labels_of(run), "outcome", outcome_label(run.outcome()))).Increment();
}

void EventMetrics::on_commit(std::size_t writes, std::chrono::nanoseconds took, const absl::Status& trouble) {
  commits_.Observe(seconds(took));
  writes_.Increment(static_cast<double>(writes));
  if (!trouble.ok()) refused_commits_.Add({{"reason", absl::AsciiStrToLower(reason_of(trouble))}}).Increment();
}

void EventMetrics::on_call(const std::string& method, const std::string& code,
                           std::optional<std::chrono::nanoseconds> took) {
  calls_.Add({{"method", method}, {"code", code}}).Increment();
  if (took.has_value()) call_duration_.Add({{"method", method}}, kCallSeconds).Observe(seconds(*took));
}

void EventMetrics::on_http(unsigned status) {
  http_requests_.Add({{"status", absl::StrCat(status / 100, "xx")}}).Increment();
}

void EventMetrics::on_websocket(bool opened) { opened ? websockets_.Increment() : websockets_.Decrement(); }

}  // namespace tinyrig::metrics
