// What only the real agent on a farm board can say: the memory that it takes beside a model, and what per-operator
// profiling adds to an inference.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/link/agent_session.h"
#include "server/model/pack.h"
#include "tests/bench/engine/report.h"
#include "tests/support/kernels/kernel_board.h"

namespace tinyrig::bench {

struct AgentInference {
  std::uint64_t latency_instructions = 0;
  std::uint64_t profiled_instructions = 0;  // the same inference, each operator timed
};

class AgentProbe {
 public:
  /// Opens the serial port of a farm board and greets its agent.
  static absl::StatusOr<std::unique_ptr<AgentProbe>> open(const std::string& port);

  std::string board_type() const;
  /// RESOURCE_EXHAUSTED (DOES_NOT_FIT): no room, or only in a slot that the agent cannot write.
  absl::StatusOr<AgentInference> measure(const test::KernelBoard& board, const model::PackedModel& model);
  absl::StatusOr<AgentMemory> memory();

 private:
  boost::asio::io_context io_;
  std::unique_ptr<link::AgentSession> session_;
  std::uint32_t most_stack_bytes_ = 0;
};

}  // namespace tinyrig::bench
