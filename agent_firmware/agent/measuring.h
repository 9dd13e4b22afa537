// The measuring windows: announced, then silent, interrupts masked, samples told afterwards.
#pragma once

#include "agent_firmware/agent/board_link.h"
#include "agent_firmware/agent/model.h"

namespace tinyrig::agent {

class Measuring {
 public:
  Measuring(BoardLink& link, Model& model) : link_(link), model_(model) {}

  // Each sends its whole answer to request `id`: announcements, samples, and the final message or Status.
  void latency(std::uint32_t id, const tinyrig_agent_v1_MeasureLatency& request);
  void profile(std::uint32_t id, const tinyrig_agent_v1_MeasureProfile& request);
  void energy(std::uint32_t id, const tinyrig_agent_v1_MeasureEnergy& request);

 private:
  Failure check_ready() const;
  // Ticks of one inference.
  Failure estimate(std::uint64_t& ticks);
  Failure warm_up(std::uint32_t runs, std::uint64_t& longest_ticks);
  // False: the host began another session.
  bool announce(std::uint32_t id, std::uint64_t estimated_ticks);
  Failure measure_profiles(std::uint32_t count, std::uint32_t& interrupts);
  bool send_profiles(std::uint32_t id, std::uint32_t first_iteration, std::uint32_t count);
  bool send_latencies(std::uint32_t id, std::uint32_t count);
  void send_done(std::uint32_t id, std::uint32_t iterations, std::uint32_t interrupts);
  void send_failure(std::uint32_t id, const Failure& failure);

  BoardLink& link_;
  Model& model_;
};

}  // namespace tinyrig::agent
