#include "agent_firmware/agent/board_link.h"

#include <cstring>

#include "agent_firmware/agent/port.h"

namespace tinyrig::agent {
namespace {

std::uint16_t window_of(std::size_t ring_bytes) {
  const std::size_t window = ring_bytes > 2 * kWindowReserveBytes ? ring_bytes - kWindowReserveBytes : ring_bytes;
  return static_cast<std::uint16_t>(window < 0xFFFF ? window : 0xFFFF);
}

static_assert(link::max_encoded_bytes(tinyrig_agent_v1_HelloReply_size) + 1 <= kTransmitBytes);

}  // namespace

BoardLink::BoardLink(DescribeBoard describe, TakeCommand take_command, void* context)
    : describe_(describe),
      take_command_(take_command),
      context_(context),
      endpoint_(link::Role::kBoard, receive_buffer_, transmit_buffer_, window_of(port::receive_capacity())) {}

std::uint16_t BoardLink::window() const { return window_of(port::receive_capacity()); }

void BoardLink::print(const char* text) {
  constexpr std::uint8_t kEnd[] = {0};
  port::write({reinterpret_cast<const std::uint8_t*>(text), std::strlen(text)});
  port::write(kEnd);
}

bool BoardLink::next_event(link::Event& event) {
  while (true) {
    if (chunk_begin_ == chunk_end_) {
      chunk_begin_ = 0;
      chunk_end_ = static_cast<std::uint8_t>(port::read(chunk_));
      if (chunk_end_ == 0) {
        return false;
      }
    }
    std::size_t used = 0;
    const auto bytes = std::span(chunk_).subspan(chunk_begin_, chunk_end_ - chunk_begin_);
    event = endpoint_.receive(bytes, used);
    chunk_begin_ = static_cast<std::uint8_t>(chunk_begin_ + used);
    if (event == link::Event::kHello) {
      answer_hello();
    }
    if (!endpoint_.established()) {
      read_text(bytes.first(used));
    }
    if (event != link::Event::kNone) {
      return true;
    }
  }
}

void BoardLink::read_text(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    if (text_.take(byte)) {
      take_command_(context_, text_.text());
      text_answered_ = true;
    }
  }
}

std::span<const std::uint8_t> BoardLink::next_message() {
  link::Event event;
  while (next_event(event)) {
    if (event == link::Event::kMessage) {
      return endpoint_.payload();
    }
    flush();
  }
  return {};
}

void BoardLink::answer_hello() {
  const std::span<const std::uint8_t> payload = endpoint_.payload();
  HelloRequest request = tinyrig_agent_v1_HelloRequest_init_zero;
  pb_istream_t in = pb_istream_from_buffer(payload.data(), payload.size());
  if (!pb_decode(&in, tinyrig_agent_v1_HelloRequest_fields, &request)) {
    return;
  }
  if (endpoint_.accept_hello()) {
    ++sessions_;
  }
  if (text_answered_) {
    print("");  // ends the text, so that the answer is a frame of its own
    text_answered_ = false;
  }
  HelloReply reply = tinyrig_agent_v1_HelloReply_init_zero;
  describe_(context_, reply);
  reply.protocol_version = link::kProtocolVersion;
  std::memcpy(reply.session_uuid, request.session_uuid, sizeof reply.session_uuid);
  reply.max_payload_bytes = kPayloadBytes;
  reply.window_bytes = window();
  std::uint8_t buffer[tinyrig_agent_v1_HelloReply_size];  // not scratch_: a message may wait there
  pb_ostream_t out = pb_ostream_from_buffer(buffer, sizeof buffer);
  if (pb_encode(&out, tinyrig_agent_v1_HelloReply_fields, &reply)) {
    endpoint_.send_hello_reply({buffer, out.bytes_written});
  }
}

bool BoardLink::send(const AgentMessage& message) {
  pb_ostream_t out = pb_ostream_from_buffer(scratch_, sizeof scratch_);
  if (!pb_encode(&out, tinyrig_agent_v1_AgentMessage_fields, &message)) {
    return true;  // larger than a message may be; callers keep within kMessageBytes
  }
  const std::size_t bytes = out.bytes_written;
  const std::uint32_t session = sessions_;
  while (!endpoint_.can_send(bytes)) {
    serve_without_accepting();
    if (sessions_ != session || !endpoint_.established()) {
      return false;
    }
  }
  endpoint_.send({scratch_, bytes});
  flush();
  return true;
}

bool BoardLink::settle() {
  const std::uint32_t session = sessions_;
  flush();
  while (!endpoint_.all_acknowledged()) {
    serve_without_accepting();
    if (sessions_ != session) {
      return false;
    }
  }
  port::flush();
  return true;
}

// While a command waits: acknowledgements and HELLO count, new requests come again later.
void BoardLink::serve_without_accepting() {
  endpoint_.accept(false);
  link::Event event;
  if (!next_event(event)) {
    port::wait_for_frame();
  }
  flush();
  endpoint_.accept(true);
}

void BoardLink::flush() {
  while (true) {
    const std::span<const std::uint8_t> frame = endpoint_.output();
    if (frame.empty()) {
      return;
    }
    port::write(frame);
  }
}

std::size_t BoardLink::read_raw(std::span<std::uint8_t> buffer) {
  const std::size_t held = static_cast<std::size_t>(chunk_end_ - chunk_begin_);
  if (held != 0) {
    const std::size_t taken = held < buffer.size() ? held : buffer.size();
    std::memcpy(buffer.data(), chunk_ + chunk_begin_, taken);
    chunk_begin_ = static_cast<std::uint8_t>(chunk_begin_ + taken);
    return taken;
  }
  return port::read(buffer);
}

}  // namespace tinyrig::agent
