// Makes a board with our agent a device under test: the model packed for it and put into its slot or RAM by the link,
// then a reset, after which the agent speaks the text protocol.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "server/link/transport.h"

namespace tinyrig::dut {

struct PreparedAgent {
  std::string board_type;
  bool in_slot = false;  // else in RAM, where it is gone when the power is
  std::uint64_t image_bytes = 0;
};

/// `tflite` must outlive the coroutine. Errors: those of AgentSession; those of packing; RESOURCE_EXHAUSTED
/// MODEL_TOO_LARGE.
boost::asio::awaitable<absl::StatusOr<PreparedAgent>> prepare_agent(
    std::unique_ptr<link::Transport> transport, std::span<const std::uint8_t> tflite, std::string model_id,
    std::function<void(std::uint64_t done, std::uint64_t total)> progress);

}  // namespace tinyrig::dut
