// The agent's end of the link on a port's serial line: turns bytes into messages and back, keeps the
// session, answers HELLO. Buffers are static members; nothing else allocates.
#pragma once

#include <cstdint>
#include <span>

#include "agent_firmware/agent/config.h"
#include "agent_firmware/agent/messages.h"
#include "agent_firmware/agent/text_command.h"
#include "wire/link/endpoint.h"

namespace tinyrig::agent {

class BoardLink {
 public:
  // Fills `reply` for a host's HELLO, all but protocol version, UUID and the link's sizes.
  using DescribeBoard = void (*)(void* context, HelloReply& reply);
  // A text command, without its '%'; may be changed. Only before the first HELLO: that, or a command, chooses the
  // dialect until reset (a HELLO still ends the text).
  using TakeCommand = void (*)(void* context, char* command);

  BoardLink(DescribeBoard describe, TakeCommand take_command, void* context);

  // Text outside of frames, ended by a zero byte, for people and for the host's log.
  void print(const char* text);

  // The next message of the host; empty when none is whole yet. Valid until any other call.
  std::span<const std::uint8_t> next_message();
  // Sends one message; waits for room if need be. False: the host began another session.
  bool send(const AgentMessage& message);
  // Writes what the endpoint has to say.
  void flush();
  // Waits until the host has acknowledged all. False: it began another session.
  bool settle();

  // Raw bytes beside the protocol: up to `buffer` of what came.
  std::size_t read_raw(std::span<std::uint8_t> buffer);

 private:
  bool next_event(link::Event& event);
  void read_text(std::span<const std::uint8_t> bytes);
  void answer_hello();
  void serve_without_accepting();
  std::uint16_t window() const;

  DescribeBoard describe_;
  TakeCommand take_command_;
  void* context_;
  std::uint8_t receive_buffer_[link::decoded_frame_bytes(kPayloadBytes)];
  std::uint8_t transmit_buffer_[kTransmitBytes];
  std::uint8_t scratch_[kMessageBytes];
  std::uint8_t chunk_[128];  // read from the port, not yet decoded
  std::uint8_t chunk_begin_ = 0;
  std::uint8_t chunk_end_ = 0;
  std::uint32_t sessions_ = 0;
  TextCommand text_;
  bool text_answered_ = false;
  link::Endpoint endpoint_;
};

}  // namespace tinyrig::agent
