#include "tests/bench/engine/agent_probe.h"

#include <algorithm>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/link/serial_port.h"
#include "server/model/fit.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::bench {

using namespace std::chrono_literals;
using test::run;

absl::StatusOr<std::unique_ptr<AgentProbe>> AgentProbe::open(const std::string& path) {
  auto probe = std::make_unique<AgentProbe>();
  auto port = link::SerialPort::open(probe->io_.get_executor(), path);
  TINYRIG_RETURN_IF_ERROR(port.status());
  link::SessionOptions options;
  options.silence_limit = 30s;
  probe->session_ = std::make_unique<link::AgentSession>(*std::move(port), options);
  TINYRIG_RETURN_IF_ERROR(run(probe->io_, probe->session_->hello(30s)).status());
  return probe;
}

std::string AgentProbe::board_type() const { return session_->board()->board_type(); }

absl::StatusOr<AgentInference> AgentProbe::measure(const test::KernelBoard& board, const model::PackedModel& model) {
  const model::BoardMemory room{session_->board()->model_ram_bytes(), board.agent_writes_slot ? board.slot_bytes : 0};
  const model::Fit fit = model::fit_model(model.image.size(), model.arena_bytes, room);
  if (fit.placement == model::ModelPlacement::kDoesNotFit) {
    return make_error(absl::StatusCode::kResourceExhausted, "DOES_NOT_FIT",
                      board.id + ": no room that the agent can write");
  }
  const auto place = fit.placement == model::ModelPlacement::kSlot ? agent::v1::DESTINATION_MODEL_SLOT
                                                                   : agent::v1::DESTINATION_MODEL_RAM;
  const auto* image = reinterpret_cast<const std::uint8_t*>(model.image.data());
  TINYRIG_RETURN_IF_ERROR(run(io_, session_->upload(place, {image, model.image.size()})));
  TINYRIG_RETURN_IF_ERROR(memory().status());  // loading paints the stack anew
  TINYRIG_RETURN_IF_ERROR(run(io_, session_->load_model(place)).status());
  TINYRIG_RETURN_IF_ERROR(run(io_, session_->set_input_seed(1)));
  const auto latency = run(io_, session_->measure_latency(1, 1));
  TINYRIG_RETURN_IF_ERROR(latency.status());
  const auto profile = run(io_, session_->measure_profile(1));
  TINYRIG_RETURN_IF_ERROR(profile.status());
  const std::uint64_t hz = session_->board()->ticks_per_second();
  return AgentInference{board.instructions(latency->ticks.at(0), hz),
                        board.instructions(profile->iterations.at(0).total_ticks, hz)};
}

absl::StatusOr<AgentMemory> AgentProbe::memory() {
  const auto report = run(io_, session_->get_memory());
  TINYRIG_RETURN_IF_ERROR(report.status());
  most_stack_bytes_ = std::max(most_stack_bytes_, report->stack_high_water_bytes());
  return AgentMemory{report->static_ram_bytes(), most_stack_bytes_, report->agent_flash_bytes(),
                     session_->board()->max_samples() * sizeof(std::uint64_t)};
}

}  // namespace tinyrig::bench
