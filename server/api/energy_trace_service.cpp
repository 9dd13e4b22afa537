// EnergyTraceService: recordings as charts need them. Those that were looked at last stay unpacked: zooming asks for
// the same one again and again.
#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/services.h"
#include "server/api/unary.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/power/energy_trace.h"
#include "server/store/store.h"
#include "tinyrig/v1/energy_trace.grpc.pb.h"

namespace tinyrig::api {
namespace {

constexpr std::uint32_t kDefaultPoints = 1'000;
constexpr std::uint32_t kMostPoints = 4'000;
// Of unpacked recordings together; the newest is kept whatever its size.
constexpr std::size_t kMostTraceBytes = 256u << 20;

using TracePointer = std::shared_ptr<const power::EnergyTrace>;

// Thread-safe. Two that ask for the same one at once may both unpack it.
class RecentTraces {
 public:
  explicit RecentTraces(const store::Store& store) : store_(store) {}

  absl::StatusOr<TracePointer> get(const std::string& run_id) {
    if (TracePointer known = find(run_id); known != nullptr) return known;
    TINYRIG_ASSIGN_OR_RETURN(const store::Capture stored, store_.capture(run_id));
    const power::Capture capture{.format = stored.info.format(),
                                 .header = stored.info.header(),
                                 .supply_mv = stored.info.supply_mv(),
                                 .samples_per_second = stored.info.samples_per_second(),
                                 .host_us = stored.info.host_us(),
                                 .bytes = {stored.bytes.begin(), stored.bytes.end()}};
    TINYRIG_ASSIGN_OR_RETURN(power::EnergyTrace trace, power::EnergyTrace::read(capture));
    auto shared = std::make_shared<const power::EnergyTrace>(std::move(trace));
    keep(run_id, shared);
    return shared;
  }

 private:
  TracePointer find(const std::string& run_id) {
    const std::lock_guard lock(mutex_);
    for (auto entry = recent_.begin(); entry != recent_.end(); ++entry) {
      if (entry->first != run_id) continue;
      recent_.splice(recent_.begin(), recent_, entry);
      return entry->second;
    }
    return nullptr;
  }

  void keep(const std::string& run_id, const TracePointer& trace) {
    const std::lock_guard lock(mutex_);
    recent_.emplace_front(run_id, trace);
    std::size_t bytes = 0;
    for (auto entry = recent_.begin(); entry != recent_.end();) {
      bytes += entry->second->memory_bytes();
      entry = bytes > kMostTraceBytes && entry != recent_.begin() ? recent_.erase(entry) : std::next(entry);
    }
  }

  const store::Store& store_;
  std::mutex mutex_;
  std::list<std::pair<std::string, TracePointer>> recent_;  // the last asked for first
};

absl::Status range_invalid(const std::string& what) {
  return make_error(absl::StatusCode::kInvalidArgument, "TRACE_RANGE_INVALID", what,
                    "Ask for a part of the recording's samples, in at most 4000 points.");
}

absl::Status fill(const power::EnergyTrace& trace, const v1::GetEnergyTraceRequest& request,
                  v1::GetEnergyTraceResponse& response) {
  const std::uint64_t total = trace.samples();
  if (request.first_sample() > total || request.samples() > total - request.first_sample()) {
    return range_invalid(absl::StrCat("samples ", request.first_sample(), " to ",
                                      request.first_sample() + request.samples(), " of a recording that has ", total));
  }
  if (request.max_points() > kMostPoints) return range_invalid(absl::StrCat("max_points is ", request.max_points()));
  const std::uint64_t points = request.max_points() == 0 ? kDefaultPoints : request.max_points();
  const std::uint64_t count = request.samples() == 0 ? total - request.first_sample() : request.samples();
  const std::uint64_t per_point = std::max<std::uint64_t>(1, (count + points - 1) / points);
  response.set_total_samples(total);
  response.set_samples_per_second(trace.samples_per_second());
  response.set_supply_mv(trace.supply_mv());
  response.set_first_sample(request.first_sample());
  response.set_samples_per_point(per_point);
  for (std::uint64_t at = 0; at < count; at += per_point) {
    const power::EnergyTrace::Part part =
        trace.part(request.first_sample() + at, std::min<std::uint64_t>(per_point, count - at));
    if (part.samples == part.lost_samples) response.add_lost_points(static_cast<std::uint32_t>(at / per_point));
    response.add_min_ua(part.min_ua);
    response.add_max_ua(part.max_ua);
    response.add_mean_ua(static_cast<float>(part.mean_ua()));
  }
  const power::EnergyTrace::Part whole = trace.part(request.first_sample(), count);
  v1::TraceSum& sum = *response.mutable_sum();
  sum.set_samples(whole.samples);
  sum.set_lost_samples(whole.lost_samples);
  sum.set_energy_uj(trace.energy_uj(whole));
  sum.set_mean_current_ua(whole.mean_ua());
  sum.set_duration_us(trace.duration_us(whole));
  return absl::OkStatus();
}

class EnergyTraceService final : public v1::EnergyTraceService::CallbackService {
 public:
  explicit EnergyTraceService(ServiceContext& context) : context_(context), traces_(context.store) {}

  grpc::ServerUnaryReactor* GetEnergyTrace(grpc::CallbackServerContext* call, const v1::GetEnergyTraceRequest* request,
                                           v1::GetEnergyTraceResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(const TracePointer trace, traces_.get(request->run_id()));
      return fill(*trace, *request, *response);
    });
  }

 private:
  ServiceContext& context_;
  RecentTraces traces_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_energy_trace_service(ServiceContext& context) {
  return std::make_unique<EnergyTraceService>(context);
}

}  // namespace tinyrig::api
