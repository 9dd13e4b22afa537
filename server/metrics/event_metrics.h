// What is counted as it happens: the parts tell it through their observers. Counts begin anew with the daemon.
//
// Thread-safe. Labels are made of enumerations, the catalog's types and the API's methods alone.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <set>
#include <string>
#include <vector>

#include "server/api/api_observer.h"
#include "server/boards/board_observer.h"
#include "server/jobs/queue_observer.h"
#include "server/metrics/names.h"
#include "server/store/commit_observer.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::metrics {

class EventMetrics final : public boards::BoardObserver,
                           public jobs::QueueObserver,
                           public store::CommitObserver,
                           public api::ApiObserver {
 public:
  /// `types`: which of them are emulated.
  explicit EventMetrics(const std::vector<v1::BoardType>& types);

  std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

  void on_rung(const v1::Board& board, const std::string& rung, bool helped) override;
  void on_firmware_write(const v1::Board& board, const absl::Status& end) override;
  void on_slot_write(const v1::Board& board) override;
  void on_line(const v1::Board& board, const link::Counters& since) override;
  void on_trouble(const v1::Board& board, const std::string& reason) override;

  void on_first_attempt(const v1::RunSummary& run, absl::Duration waited) override;
  void on_attempt_ended(const v1::RunSummary& run, const store::AttemptEnd& end) override;
  void on_run_finished(const v1::RunSummary& run) override;

  void on_commit(std::size_t writes, std::chrono::nanoseconds took, const absl::Status& trouble) override;

  void on_call(const std::string& method, const std::string& code,
               std::optional<std::chrono::nanoseconds> took) override;
  void on_http(unsigned status) override;
  void on_websocket(bool opened) override;

 private:
  using Counters = prometheus::Family<prometheus::Counter>;
  using Histograms = prometheus::Family<prometheus::Histogram>;
  Counters& counters(const Metric& metric);
  Histograms& histograms(const Metric& metric);
  prometheus::Labels labels_of(const v1::RunSummary& run) const;

  std::set<std::string> emulated_types_;
  prometheus::Registry registry_;
  Counters& runs_;
  Counters& attempts_;
  Histograms& run_wait_;
  Counters& samples_;
  Counters& ingest_bytes_;
  Counters& firmware_writes_;
  Counters& slot_writes_;
  Counters& recoveries_;
  Counters& frames_;
  Counters& link_errors_;
  prometheus::Histogram& commits_;
  prometheus::Counter& writes_;
  Counters& refused_commits_;
  Counters& calls_;
  Histograms& call_duration_;
  Counters& http_requests_;
  prometheus::Gauge& websockets_;
};

}  // namespace tinyrig::metrics
