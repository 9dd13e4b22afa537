#include "server/metrics/state_metrics.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "server/metrics/names.h"

namespace tinyrig::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using Label = ClientMetric::Label;

// Of one gauge: a value for each set of labels.
class GaugeFamily {
 public:
  explicit GaugeFamily(const Metric& metric) {
    family_.name = metric.name;
    family_.help = metric.help;
    family_.type = prometheus::MetricType::Gauge;
  }

  void add(std::vector<Label> labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    family_.metric.push_back(std::move(metric));
  }
  void add(std::vector<Label> labels, std::uint64_t value) { add(std::move(labels), static_cast<double>(value)); }

  MetricFamily take() { return std::move(family_); }

 private:
  MetricFamily family_;
};

MetricFamily one(const Metric& metric, double value) {
  GaugeFamily gauge(metric);
  gauge.add({}, value);
  return gauge.take();
}

bool takes_runs(v1::Activity activity) {
  return activity == v1::ACTIVITY_IDLE || activity == v1::ACTIVITY_BUSY || activity == v1::ACTIVITY_CLEANING;
}

void add_boards(const std::vector<v1::Board>& boards, std::vector<MetricFamily>& families) {
  GaugeFamily by_state(kBoards);
  GaugeFamily up(kBoardUp);
  GaugeFamily held(kBoardHeld);
  std::map<std::vector<std::string>, std::uint64_t> counts;
  for (const v1::Board& board : boards) {
    const std::string emulated = emulated_label(board.emulated());
    ++counts[{board.board_type(), emulated, enum_label(v1::Activity_Name(board.activity()), "ACTIVITY_"),
              enum_label(v1::Health_Name(board.health()), "HEALTH_")}];
    const std::vector<Label> which = {
        {"board", board.id()}, {"board_type", board.board_type()}, {"emulated", emulated}};
    up.add(which, takes_runs(board.activity()) ? 1.0 : 0.0);
    if (!board.has_hold()) continue;
    std::vector<Label> by_whom = which;
    by_whom.push_back({"kind", enum_label(v1::HoldKind_Name(board.hold().kind()), "HOLD_KIND_")});
    held.add(std::move(by_whom), 1.0);
  }
  for (const auto& [state, count] : counts) {
    by_state.add({{"board_type", state[0]}, {"emulated", state[1]}, {"activity", state[2]}, {"health", state[3]}},
                 count);
  }
  families.push_back(by_state.take());
  families.push_back(up.take());
  families.push_back(held.take());
}

void add_queue(const jobs::JobQueue& queue, const std::vector<v1::BoardType>& types, absl::Time now,
               std::vector<MetricFamily>& families) {
  std::set<std::string> emulated;
  for (const v1::BoardType& type : types) {
    if (type.emulated()) emulated.insert(type.id());
  }
  GaugeFamily runs(kQueuedRuns);
  GaugeFamily oldest(kQueueOldest);
  for (const jobs::WaitingGroup& group : queue.waiting_groups()) {
    const std::vector<Label> labels = {{"board_type", group.board_type},
                                       {"emulated", emulated_label(emulated.contains(group.board_type))},
                                       {"priority", enum_label(v1::Priority_Name(group.priority), "PRIORITY_")}};
    runs.add(labels, std::uint64_t{group.runs});
    oldest.add(labels, std::max(0.0, absl::ToDoubleSeconds(now - group.oldest)));
  }
  families.push_back(runs.take());
  families.push_back(oldest.take());
  families.push_back(one(kUnsavedEnds, static_cast<double>(queue.unsaved_ends())));
}

void add_storage(const v1::GetStorageResponse& storage, std::vector<MetricFamily>& families) {
  GaugeFamily bytes(kStoredBytes);
  GaugeFamily quota(kQuotaBytes);
  for (const v1::StoredKind& kind : storage.kinds()) {
    const std::vector<Label> labels = {{"kind", enum_label(v1::StorageKind_Name(kind.kind()), "STORAGE_KIND_")}};
    bytes.add(labels, std::uint64_t{kind.size_bytes()});
    if (kind.quota_bytes() > 0) quota.add(labels, std::uint64_t{kind.quota_bytes()});
  }
  families.push_back(bytes.take());
  families.push_back(quota.take());
  families.push_back(one(kDatabaseBytes, static_cast<double>(storage.database_bytes())));
  families.push_back(one(kLogBytes, static_cast<double>(storage.log_bytes())));
  families.push_back(one(kDiskFree, static_cast<double>(storage.disk_free_bytes())));
  families.push_back(one(kDiskTotal, static_cast<double>(storage.disk_total_bytes())));
}

}  // namespace

StateMetrics::StateMetrics(StateSources sources) : sources_(std::move(sources)), start_time_(sources_.clock.now()) {}

std::vector<MetricFamily> StateMetrics::collect() const {
  std::vector<MetricFamily> families;
  const absl::Time now = sources_.clock.now();
  add_boards(sources_.boards.boards(), families);
  add_queue(sources_.queue, sources_.boards.types(), now, families);
  // A store that cannot be read shows in readiness; the rest is still told.
  if (const auto storage = sources_.store.storage(now); storage.ok()) add_storage(*storage, families);
  families.push_back(one(kReady, sources_.readiness().ok() ? 1 : 0));
  families.push_back(one(kStartTime, absl::ToDoubleSeconds(start_time_ - absl::UnixEpoch())));
  GaugeFamily build(kBuild);
  build.add({{"version", sources_.version}}, 1.0);
  families.push_back(build.take());
  // A family without a series is no line, and no type.
  families.erase(
      std::remove_if(families.begin(), families.end(), [](const auto& family) { return family.metric.empty(); }),
      families.end());
  return families;
}

}  // namespace tinyrig::metrics
