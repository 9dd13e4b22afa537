// AgentSession's measurements: announcement, silence, samples.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/link/agent_session.h"

namespace tinyrig::link {
namespace {

using agent::v1::AgentMessage;
using agent::v1::HostMessage;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

}  // namespace

boost::asio::awaitable<absl::StatusOr<LatencyResult>> AgentSession::measure_latency(std::uint32_t warmup,
                                                                                    std::uint32_t iterations,
                                                                                    Progress progress) {
  HostMessage message;
  message.mutable_measure_latency()->set_warmup(warmup);
  message.mutable_measure_latency()->set_iterations(iterations);
  absl::StatusOr<std::uint32_t> id = send(message);
  if (!id.ok()) {
    co_return id.status();
  }
  LatencyResult result;
  Clock::time_point announced_at{};
  milliseconds silence = options_.work_silence_limit;  // of the warm-up
  while (true) {
    absl::StatusOr<AgentMessage> answer = co_await next_answer(*id, *id, silence);
    if (!answer.ok()) {
      co_return answer.status();
    }
    silence = options_.window_silence_limit;
    if (answer->has_measure_announce()) {
      announced_at = Clock::now();
      result.estimated_ticks = answer->measure_announce().estimated_ticks();
      absl::Status status = co_await begin_window(result.estimated_ticks);
      if (!status.ok()) {
        co_return status;
      }
    } else if (answer->has_latency_samples()) {
      const agent::v1::LatencySamples& samples = answer->latency_samples();
      if (samples.first_index() != result.ticks.size()) {
        co_return protocol_error("its samples come out of order");
      }
      if (result.ticks.empty()) {
        result.host_window = Clock::now() - announced_at;
      }
      result.ticks.insert(result.ticks.end(), samples.ticks().begin(), samples.ticks().end());
      if (progress) {
        progress(result.ticks.size(), iterations);
      }
    } else {
      absl::StatusOr<AgentMessage> last = finish(*std::move(answer), AgentMessage::kMeasureDone, "measure latency");
      if (!last.ok()) {
        co_return last.status();
      }
      if (result.ticks.size() != iterations) {
        co_return protocol_error(absl::StrCat("it sent ", result.ticks.size(), " samples of ", iterations));
      }
      result.done = last->measure_done();
      co_return result;
    }
  }
}

boost::asio::awaitable<absl::StatusOr<ProfileResult>> AgentSession::measure_profile(std::uint32_t iterations,
                                                                                    Progress progress) {
  HostMessage message;
  message.mutable_measure_profile()->set_iterations(iterations);
  absl::StatusOr<std::uint32_t> id = send(message);
  if (!id.ok()) {
    co_return id.status();
  }
  ProfileResult result;
  milliseconds silence = options_.work_silence_limit;
  while (true) {
    absl::StatusOr<AgentMessage> answer = co_await next_answer(*id, *id, silence);
    if (!answer.ok()) {
      co_return answer.status();
    }
    silence = options_.window_silence_limit;
    if (answer->has_measure_announce()) {
      absl::Status status = co_await begin_window(answer->measure_announce().estimated_ticks());
      if (!status.ok()) {
        co_return status;
      }
    } else if (answer->has_profile_sample()) {
      const agent::v1::ProfileSample& sample = answer->profile_sample();
      if (sample.first_operator() == 0) {
        result.iterations.emplace_back().total_ticks = sample.total_ticks();
      }
      if (sample.iteration() + 1 != result.iterations.size() ||
          sample.first_operator() != result.iterations.back().operator_ticks.size()) {
        co_return protocol_error("its profile comes out of order");
      }
      std::vector<std::uint64_t>& ticks = result.iterations.back().operator_ticks;
      ticks.insert(ticks.end(), sample.operator_ticks().begin(), sample.operator_ticks().end());
      if (progress) {
        progress(result.iterations.size(), iterations);
      }
    } else {
      absl::StatusOr<AgentMessage> last = finish(*std::move(answer), AgentMessage::kMeasureDone, "measure profile");
      if (!last.ok()) {
        co_return last.status();
      }
      if (result.iterations.size() != iterations) {
        co_return protocol_error(absl::StrCat("it sent ", result.iterations.size(), " profiles of ", iterations));
      }
      result.done = last->measure_done();
      co_return result;
    }
  }
}

boost::asio::awaitable<absl::StatusOr<agent::v1::EnergyDone>> AgentSession::measure_energy(std::uint32_t inferences) {
  HostMessage message;
  message.mutable_measure_energy()->set_inferences(inferences);
  absl::StatusOr<std::uint32_t> id = send(message);
  if (!id.ok()) {
    co_return id.status();
  }
  milliseconds silence = options_.work_silence_limit;  // of the warm-up
  while (true) {
    absl::StatusOr<AgentMessage> answer = co_await next_answer(*id, *id, silence);
    if (!answer.ok()) {
      co_return answer.status();
    }
    if (!answer->has_measure_announce()) {
      absl::StatusOr<AgentMessage> last = finish(*std::move(answer), AgentMessage::kEnergyDone, "measure energy");
      if (!last.ok()) {
        co_return last.status();
      }
      if (last->energy_done().inferences() != inferences) {
        co_return protocol_error(absl::StrCat("it ran ", last->energy_done().inferences(), " of ", inferences));
      }
      co_return last->energy_done();
    }
    silence = options_.window_silence_limit;
    absl::Status status = co_await begin_window(answer->measure_announce().estimated_ticks());
    if (!status.ok()) {
      co_return status;
    }
  }
}

boost::asio::awaitable<absl::Status> AgentSession::begin_window(std::uint64_t estimated_ticks) {
  // The window opens with our acknowledgement; after it we are silent until the agent speaks again.
  absl::Status status = co_await flush();
  if (!messages_.empty()) {
    co_return status;  // over already: the samples came along
  }
  const std::uint64_t rate = std::max<std::uint64_t>(board_->ticks_per_second(), 1);
  const double seconds = static_cast<double>(estimated_ticks) / static_cast<double>(rate) * options_.window_stretch;
  const auto limit = std::chrono::duration<double>(std::min(seconds, 3600.0));
  quiet_until_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit) + options_.poll_after;
  co_return status;
}

}  // namespace tinyrig::link
