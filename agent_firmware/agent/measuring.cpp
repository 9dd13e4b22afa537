#include "agent_firmware/agent/measuring.h"

#include <cstring>

#include "agent_firmware/agent/answers.h"
#include "agent_firmware/agent/port.h"
#include "agent_firmware/agent/window.h"

namespace tinyrig::agent {
namespace {

// Least of several: one may be disturbed by a counter that wraps just then.
std::uint32_t counter_read_ticks() {
  std::uint64_t least = ~std::uint64_t{0};
  for (int i = 0; i < 16; ++i) {
    const std::uint64_t before = read_ticks();
    const std::uint64_t ticks = read_ticks() - before;
    least = ticks < least ? ticks : least;
  }
  return static_cast<std::uint32_t>(least);
}

// More would keep the board busy beyond any host's patience.
constexpr std::uint32_t kMostRuns = 100'000;

Failure operator_failure(runtime::Error error) {
  return error == runtime::Error::kOk ? Failure{} : Failure{kOperatorFailed, 0, "an operator failed in the inference"};
}

struct ProfileRecorder {
  std::uint64_t last;
  std::uint64_t* operator_ticks;

  static void after(void* context, std::uint16_t index) {
    auto& self = *static_cast<ProfileRecorder*>(context);
    const std::uint64_t now = read_ticks();
    self.operator_ticks[index] = now - self.last;
    self.last = now;
  }
};

// One profiled inference in the sample memory: total ticks, then each operator's.
struct ProfileRecord {
  explicit ProfileRecord(std::span<std::uint64_t> memory, std::size_t index, std::size_t operators)
      : total(&memory[index * words(operators)]), operator_ticks(total + 1) {}

  static std::size_t words(std::size_t operators) { return 1 + operators; }

  std::uint64_t* total;
  std::uint64_t* operator_ticks;
};

}  // namespace

void Measuring::latency(std::uint32_t id, const tinyrig_agent_v1_MeasureLatency& request) {
  const std::span<std::uint64_t> samples = Model::samples();
  Failure failure = check_ready();
  if (failure.ok() && (request.iterations == 0 || request.iterations > samples.size())) {
    failure = {kBadRequest, static_cast<std::int64_t>(samples.size()), "iterations: 1 to max_samples"};
  }
  if (failure.ok() && request.warmup > kMostRuns) {
    failure = {kBadRequest, kMostRuns, "too many warm-up runs"};
  }
  std::uint64_t longest = 0;
  if (failure.ok()) {
    failure = warm_up(request.warmup, longest);
  }
  if (!failure.ok()) {
    send_failure(id, failure);
    return;
  }
  if (!announce(id, longest * request.iterations)) {
    return;
  }
  runtime::Error error = runtime::Error::kOk;
  port::begin_measuring();
  const std::uint32_t interrupts_before = port::interrupt_count();
  for (std::uint32_t i = 0; i < request.iterations && error == runtime::Error::kOk; ++i) {
    model_.fill_inputs();
    const std::uint64_t before = read_ticks();
    error = model_.run();
    samples[i] = read_ticks() - before;
  }
  const std::uint32_t interrupts = port::interrupt_count() - interrupts_before;
  port::end_measuring();
  failure = operator_failure(error);
  if (!failure.ok()) {
    send_failure(id, failure);
  } else if (send_latencies(id, request.iterations)) {
    send_done(id, request.iterations, interrupts);
  }
}

void Measuring::profile(std::uint32_t id, const tinyrig_agent_v1_MeasureProfile& request) {
  Failure failure = check_ready();
  if (failure.ok() && (request.iterations == 0 || request.iterations > kMostRuns)) {
    failure = {kBadRequest, kMostRuns, "iterations: 1 to 100000"};
  }
  const std::size_t per_window = Model::samples().size() / ProfileRecord::words(model_.operator_count());
  if (failure.ok() && per_window == 0) {
    failure = {kUnsupported, model_.operator_count(), "too many operators for this board's sample memory"};
  }
  std::uint64_t longest = 0;
  if (failure.ok()) {
    failure = warm_up(1, longest);
  }
  std::uint32_t interrupts = 0;
  std::uint32_t done = 0;
  while (failure.ok() && done < request.iterations) {
    const std::uint32_t left = request.iterations - done;
    const std::uint32_t count = left < per_window ? left : static_cast<std::uint32_t>(per_window);
    if (!announce(id, longest * count)) {
      return;
    }
    failure = measure_profiles(count, interrupts);
    if (failure.ok() && !send_profiles(id, done, count)) {
      return;
    }
    done += count;
  }
  if (failure.ok()) {
    send_done(id, request.iterations, interrupts);
  } else {
    send_failure(id, failure);
  }
}

void Measuring::energy(std::uint32_t id, const tinyrig_agent_v1_MeasureEnergy& request) {
  Failure failure = check_ready();
  if (failure.ok() && !port::has_trigger()) {
    failure = {kUnsupported, 0, "this board has no trigger"};
  }
  if (failure.ok() && (request.inferences == 0 || request.inferences > kMostRuns)) {
    failure = {kBadRequest, kMostRuns, "inferences: 1 to 100000"};
  }
  std::uint64_t longest = 0;
  if (failure.ok()) {
    failure = warm_up(1, longest);
  }
  if (!failure.ok()) {
    send_failure(id, failure);
    return;
  }
  if (!announce(id, longest * request.inferences)) {
    return;
  }
  const Window window = run_back_to_back(model_, request.inferences);
  failure = operator_failure(window.error);
  if (!failure.ok()) {
    send_failure(id, failure);
    return;
  }
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_energy_done_tag;
  message.body.energy_done = {};
  message.body.energy_done.inferences = request.inferences;
  message.body.energy_done.window_ticks = window.end_ticks - window.start_ticks;
  message.body.energy_done.interrupts = window.interrupts;
  message.body.energy_done.output_fnv1a32 = model_.output_fnv1a32();
  link_.send(message);
}

Failure Measuring::check_ready() const {
  if (!model_.loaded()) {
    return {kNoModel, 0, "load a model first"};
  }
  if (!model_.has_input()) {
    return {kBadRequest, 0, "set an input first"};
  }
  return {};
}

Failure Measuring::estimate(std::uint64_t& ticks) {
  const Window window = run_estimated(model_);
  ticks = window.end_ticks - window.start_ticks;
  return operator_failure(window.error);
}

Failure Measuring::warm_up(std::uint32_t runs, std::uint64_t& longest_ticks) {
  Failure failure = estimate(longest_ticks);
  if (failure.ok() && wraps_unseen(longest_ticks)) {
    return {kWindowTooLong, static_cast<std::int64_t>(longest_ticks), "one inference could wrap the counter unseen"};
  }
  for (std::uint32_t i = 1; failure.ok() && i < runs; ++i) {
    std::uint64_t ticks = 0;
    failure = estimate(ticks);
    longest_ticks = ticks > longest_ticks ? ticks : longest_ticks;
  }
  return failure;
}

bool Measuring::announce(std::uint32_t id, std::uint64_t estimated_ticks) {
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_measure_announce_tag;
  message.body.measure_announce = {.estimated_ticks = estimated_ticks};
  // Once the host has acknowledged it, nothing crosses the line until the samples.
  return link_.send(message) && link_.settle();
}

Failure Measuring::measure_profiles(std::uint32_t count, std::uint32_t& interrupts) {
  runtime::Error error = runtime::Error::kOk;
  port::begin_measuring();
  const std::uint32_t interrupts_before = port::interrupt_count();
  for (std::uint32_t i = 0; i < count && error == runtime::Error::kOk; ++i) {
    ProfileRecord record(Model::samples(), i, model_.operator_count());
    // A runtime that fuses operators leaves some out.
    std::memset(record.operator_ticks, 0, model_.operator_count() * sizeof(*record.operator_ticks));
    ProfileRecorder recorder{.last = 0, .operator_ticks = record.operator_ticks};
    const runtime::OperatorHook hook{.after = &ProfileRecorder::after, .context = &recorder};
    model_.fill_inputs();
    const std::uint64_t before = read_ticks();
    recorder.last = before;
    error = model_.run(&hook);
    *record.total = read_ticks() - before;
  }
  interrupts += port::interrupt_count() - interrupts_before;
  port::end_measuring();
  return operator_failure(error);
}

bool Measuring::send_profiles(std::uint32_t id, std::uint32_t first_iteration, std::uint32_t count) {
  constexpr std::size_t kPerMessage = sizeof(tinyrig_agent_v1_ProfileSample::operator_ticks) / sizeof(std::uint64_t);
  const std::size_t operators = model_.operator_count();
  for (std::uint32_t i = 0; i < count; ++i) {
    const ProfileRecord record(Model::samples(), i, operators);
    for (std::size_t first = 0; first < operators || first == 0; first += kPerMessage) {
      AgentMessage message = answer_to(id);
      message.which_body = tinyrig_agent_v1_AgentMessage_profile_sample_tag;
      auto& sample = message.body.profile_sample;
      sample.iteration = first_iteration + i;
      sample.total_ticks = *record.total;
      sample.first_operator = static_cast<std::uint32_t>(first);
      const std::size_t left = operators - first;
      sample.operator_ticks_count = static_cast<pb_size_t>(left < kPerMessage ? left : kPerMessage);
      std::memcpy(sample.operator_ticks, record.operator_ticks + first,
                  sample.operator_ticks_count * sizeof(std::uint64_t));
      if (!link_.send(message)) {
        return false;
      }
    }
  }
  return true;
}

bool Measuring::send_latencies(std::uint32_t id, std::uint32_t count) {
  constexpr std::uint32_t kPerMessage = sizeof(tinyrig_agent_v1_LatencySamples::ticks) / sizeof(std::uint64_t);
  const std::span<const std::uint64_t> samples = Model::samples().first(count);
  for (std::uint32_t first = 0; first < count; first += kPerMessage) {
    AgentMessage message = answer_to(id);
    message.which_body = tinyrig_agent_v1_AgentMessage_latency_samples_tag;
    auto& part = message.body.latency_samples;
    part.first_index = first;
    part.ticks_count = static_cast<pb_size_t>(count - first < kPerMessage ? count - first : kPerMessage);
    std::memcpy(part.ticks, &samples[first], part.ticks_count * sizeof(std::uint64_t));
    if (!link_.send(message)) {
      return false;
    }
  }
  return true;
}

void Measuring::send_done(std::uint32_t id, std::uint32_t iterations, std::uint32_t interrupts) {
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_measure_done_tag;
  message.body.measure_done = {.iterations = iterations,
                               .interrupts = interrupts,
                               .output_fnv1a32 = model_.output_fnv1a32(),
                               .counter_read_ticks = counter_read_ticks()};
  link_.send(message);
}

void Measuring::send_failure(std::uint32_t id, const Failure& failure) { link_.send(status_answer(id, failure)); }

}  // namespace tinyrig::agent
