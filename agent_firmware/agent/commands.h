// What the agent does for each message of the host (proto/tinyrig/agent/v1/agent.proto).
#pragma once

#include <cstdint>
#include <span>

#include "agent_firmware/agent/board_link.h"
#include "agent_firmware/agent/measuring.h"
#include "agent_firmware/agent/model.h"
#include "agent_firmware/agent/transfer.h"

namespace tinyrig::agent {

class Commands {
 public:
  Commands(BoardLink& link, Model& model) : link_(link), model_(model), transfer_(model), measuring_(link, model) {}

  // One HostMessage, encoded. Whatever is wrong with it is answered, never fatal.
  void handle(std::span<const std::uint8_t> message);

 private:
  void dispatch(const HostMessage& message);
  void transfer_data(std::uint32_t id, std::span<const std::uint8_t> body);
  void answer_transfer(std::uint32_t id, const Failure& failure);
  void ping(std::uint32_t id, const tinyrig_agent_v1_Ping& ping);
  void set_baud(std::uint32_t id, std::uint32_t baud);
  void load_model(std::uint32_t id, Destination from);
  void set_input(std::uint32_t id, const tinyrig_agent_v1_SetInput& request);
  void infer(std::uint32_t id, bool hash_operators);
  void read_output(std::uint32_t id);
  void get_memory(std::uint32_t id);
  void get_crash(std::uint32_t id);
  void calibrate(std::uint32_t id, std::uint32_t loops);
  void raw_sink(std::uint32_t id, std::uint32_t bytes);
  void reset();
  void answer(std::uint32_t id, const Failure& failure);

  BoardLink& link_;
  Model& model_;
  Transfer transfer_;
  Measuring measuring_;
};

}  // namespace tinyrig::agent
