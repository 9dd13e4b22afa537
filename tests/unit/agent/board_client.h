// Requests to a MemoryBoard in the link's messages, for the agent's unit tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/support/agent/memory_board.h"
#include "tinyrig/agent/v1/agent.pb.h"
#include "wire/link/crc32.h"

namespace tinyrig::test {

namespace v1 = tinyrig::agent::v1;
inline constexpr auto kRam = v1::DESTINATION_MODEL_RAM;
inline constexpr auto kSlot = v1::DESTINATION_MODEL_SLOT;

class BoardClient {
 public:
  explicit BoardClient(MemoryBoard::Settings settings = {}) : board(settings) {}

  std::vector<v1::AgentMessage> ask(v1::HostMessage message) {
    if (message.id() == 0) {
      message.set_id(++last_id_);
    }
    const std::string encoded = message.SerializeAsString();
    std::vector<v1::AgentMessage> answers;
    for (const auto& bytes : board.ask({reinterpret_cast<const std::uint8_t*>(encoded.data()), encoded.size()})) {
      v1::AgentMessage& answer = answers.emplace_back();
      if (!answer.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || answer.id() != message.id()) {
        answer.Clear();
      }
    }
    return answers;
  }

  /// The last answer; an empty message when none came.
  v1::AgentMessage ask_one(const v1::HostMessage& message) {
    const std::vector<v1::AgentMessage> answers = ask(message);
    return answers.empty() ? v1::AgentMessage() : answers.back();
  }

  v1::AgentMessage begin(v1::Destination destination, std::span<const std::uint8_t> bytes, bool resume = false) {
    v1::HostMessage message;
    message.mutable_transfer_begin()->set_destination(destination);
    message.mutable_transfer_begin()->set_size_bytes(static_cast<std::uint32_t>(bytes.size()));
    message.mutable_transfer_begin()->set_crc32(link::crc32(bytes));
    message.mutable_transfer_begin()->set_resume(resume);
    return ask_one(message);
  }

  v1::AgentMessage data(std::size_t offset, std::span<const std::uint8_t> bytes) {
    v1::HostMessage message;
    message.mutable_transfer_data()->set_offset(static_cast<std::uint32_t>(offset));
    message.mutable_transfer_data()->set_data(bytes.data(), bytes.size());
    return ask_one(message);
  }

  v1::AgentMessage end() {
    v1::HostMessage message;
    message.mutable_transfer_end();
    return ask_one(message);
  }

  /// In pieces of `piece` bytes, to the end; the answer to TransferEnd.
  v1::AgentMessage upload(v1::Destination destination, std::span<const std::uint8_t> bytes, std::size_t piece = 500) {
    begin(destination, bytes);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      data(at, bytes.subspan(at, std::min(piece, bytes.size() - at)));
    }
    return end();
  }

  v1::AgentMessage load(v1::Destination from) {
    v1::HostMessage message;
    message.mutable_load_model()->set_from(from);
    return ask_one(message);
  }

  v1::AgentMessage set_seed(std::uint32_t seed) {
    v1::HostMessage message;
    message.mutable_set_input()->set_seed(seed);
    return ask_one(message);
  }

  /// And a new session. RAM and slot keep their bytes.
  void reset() {
    v1::HostMessage message;
    message.mutable_reset();
    ask(message);
    board.hello();
  }

  MemoryBoard board;

 private:
  std::uint32_t last_id_ = 0;
};

}  // namespace tinyrig::test
