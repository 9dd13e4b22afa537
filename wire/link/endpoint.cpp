#include "wire/link/endpoint.h"

#include <cstring>

namespace tinyrig::link {
namespace {
constexpr std::size_t kRecordHeaderBytes = 2;
}  // namespace

Endpoint::Endpoint(Role role, std::span<std::uint8_t> receive_buffer, std::span<std::uint8_t> transmit_buffer,
                   std::uint16_t window_bytes)
    : role_(role), decoder_(receive_buffer), transmit_(transmit_buffer), window_(window_bytes) {}

Event Endpoint::receive(std::span<const std::uint8_t> bytes, std::size_t& used) {
  std::size_t taken = 0;
  const Decoded decoded = decoder_.feed(bytes, taken);
  used = taken;
  switch (decoded) {
    case Decoded::kNothing:
      return Event::kNone;
    case Decoded::kBad:
      ++counters_.bad_chunks;
      if (established_) {
        nak_once();
      }
      return Event::kBadChunk;
    case Decoded::kFrame:
      ++counters_.frames_received;
      return on_frame();
  }
  return Event::kNone;
}

Event Endpoint::on_frame() {
  const FrameHeader& header = decoder_.header();
  if (header.kind == FrameKind::kHello) {
    return role_ == Role::kBoard ? Event::kHello : Event::kControl;
  }
  if (header.kind == FrameKind::kHelloAck && role_ == Role::kHost && !established_ && header.session == session_ &&
      hello_crc_ != 0) {
    established_ = true;
    peer_window_ = header.window;
    ack_pending_ = true;  // tells the board that its answer came
    return Event::kHelloAck;
  }
  if (!established_ || header.session != session_) {
    ++counters_.stale;
    if (role_ == Role::kBoard && (header.kind == FrameKind::kData || header.kind == FrameKind::kPoll)) {
      no_session_pending_ = true;
      unknown_session_ = header.session;
    }
    return Event::kControl;
  }
  confirmed_ = true;
  switch (header.kind) {
    case FrameKind::kData:
      return on_data(header);
    case FrameKind::kAck:
      on_acknowledgement(header.ack);
      peer_window_ = header.window;
      if ((header.flags & kPollAnswer) != 0 && recovering_ && header.seq == poll_number_) {
        recovering_ = false;
        rewind();
      }
      return Event::kControl;
    case FrameKind::kNak:
      on_acknowledgement(header.ack);
      peer_window_ = header.window;
      if (role_ == Role::kBoard) {
        rewind();
      } else if (!recovering_) {
        // The board's ring may still hold bytes that it will reject: ask, and send again when it is empty.
        poll();
      }
      return Event::kControl;
    case FrameKind::kPoll:
      if (role_ == Role::kBoard) {
        on_acknowledgement(header.ack);
        peer_window_ = header.window;
        rewind();
        poll_answer_pending_ = true;
        poll_to_answer_ = header.seq;
        nak_sent_ = false;
      }
      return Event::kControl;
    case FrameKind::kNoSession:
      if (role_ == Role::kHost) {
        established_ = false;
        return Event::kNoSession;
      }
      return Event::kControl;
    case FrameKind::kHello:
    case FrameKind::kHelloAck:
      break;
  }
  return Event::kControl;
}

Event Endpoint::on_data(const FrameHeader& header) {
  on_acknowledgement(header.ack);
  const auto ahead = static_cast<std::int16_t>(static_cast<std::uint16_t>(header.seq - expected_));
  if (ahead < 0) {
    ++counters_.duplicates;
    ack_pending_ = true;  // the first acknowledgement may have been lost
    return Event::kControl;
  }
  if (ahead > 0) {
    ++counters_.gaps;
    nak_once();
    return Event::kControl;
  }
  if (!accepting_) {
    ++counters_.refused;
    return Event::kControl;
  }
  ++expected_;
  ack_pending_ = true;
  nak_sent_ = nak_pending_ = false;
  return Event::kMessage;
}

void Endpoint::on_acknowledgement(std::uint16_t ack) {
  const auto acknowledged = static_cast<std::uint16_t>(ack - head_seq_);
  if (acknowledged > static_cast<std::uint16_t>(sent_seq_ - head_seq_)) {
    return;  // an old one
  }
  for (std::uint16_t i = 0; i < acknowledged; ++i) {
    const std::size_t bytes = record_bytes(head_);
    if (next_ == head_) {  // sent before a rewind
      next_ += kRecordHeaderBytes + bytes;
      ++next_seq_;
    } else {
      under_way_ -= bytes;
    }
    head_ += kRecordHeaderBytes + bytes;
    ++head_seq_;
  }
  if (head_ == tail_ && once_ == 0) {
    head_ = next_ = tail_ = 0;
  }
}

std::span<const std::uint8_t> Endpoint::output() {
  if (once_ != 0) {
    const std::span<const std::uint8_t> frame = transmit_.subspan(tail_, once_);
    once_ = 0;
    return frame;
  }
  if (no_session_pending_) {
    no_session_pending_ = false;
    FrameHeader header = header_of(FrameKind::kNoSession);
    header.session = unknown_session_;
    return control_frame(header, true);
  }
  if (!established_) {
    return {};
  }
  if (poll_pending_) {
    poll_pending_ = ack_pending_ = nak_pending_ = false;
    FrameHeader header = header_of(FrameKind::kPoll);
    header.seq = poll_number_;
    return control_frame(header, true);
  }
  if (poll_answer_pending_) {
    poll_answer_pending_ = ack_pending_ = false;
    FrameHeader header = header_of(FrameKind::kAck);
    header.flags = kPollAnswer;
    header.seq = poll_to_answer_;
    return control_frame(header, false);
  }
  if (nak_pending_) {
    nak_pending_ = ack_pending_ = false;
    return control_frame(header_of(FrameKind::kNak), false);
  }
  if (next_ != tail_ && !recovering_) {
    const std::size_t bytes = record_bytes(next_);
    if (under_way_ == 0 || under_way_ + bytes <= peer_window_) {
      const std::span<const std::uint8_t> frame = transmit_.subspan(next_ + kRecordHeaderBytes, bytes);
      next_ += kRecordHeaderBytes + bytes;
      under_way_ += bytes;
      ++counters_.data_frames_sent;
      if (next_seq_ == sent_seq_) {
        ++sent_seq_;
      } else {
        ++counters_.retransmitted;
      }
      ++next_seq_;
      if (next_ == tail_ && queued_ack_ == expected_) {
        ack_pending_ = false;  // the frame itself tells it
      }
      return frame;
    }
  }
  if (ack_pending_) {
    ack_pending_ = false;
    return control_frame(header_of(FrameKind::kAck), false);
  }
  return {};
}

bool Endpoint::can_send(std::size_t payload_bytes) const {
  const std::size_t bytes = kRecordHeaderBytes + max_encoded_bytes(payload_bytes);
  return established_ && (role_ == Role::kHost || confirmed_) && once_ == 0 &&
         tail_ - head_ + bytes <= transmit_.size();
}

bool Endpoint::send(std::span<const std::uint8_t> payload) {
  if (!can_send(payload.size())) {
    return false;
  }
  make_room(kRecordHeaderBytes + max_encoded_bytes(payload.size()));
  FrameHeader header = header_of(FrameKind::kData);
  header.seq = tail_seq_;
  queued_ack_ = header.ack;
  const std::size_t bytes = encode_frame(header, payload, &transmit_[tail_ + kRecordHeaderBytes]);
  detail::put_u16(&transmit_[tail_], static_cast<std::uint16_t>(bytes));
  tail_ += kRecordHeaderBytes + bytes;
  ++tail_seq_;
  return true;
}

bool Endpoint::start(std::uint16_t session_tag, std::span<const std::uint8_t> hello_request) {
  established_ = false;
  session_ = session_tag;
  hello_crc_ = crc32(hello_request) | 1U;  // never 0: that means no HELLO was sent
  reset_streams();
  return send_once(FrameKind::kHello, hello_request);
}

bool Endpoint::accept_hello() {
  const FrameHeader& header = decoder_.header();
  const std::uint32_t crc = crc32(payload());
  if (established_ && session_ == header.session && hello_crc_ == crc) {
    return false;
  }
  established_ = true;
  session_ = header.session;
  hello_crc_ = crc;
  reset_streams();
  peer_window_ = header.window;
  return true;
}

bool Endpoint::send_hello_reply(std::span<const std::uint8_t> hello_reply) {
  return send_once(FrameKind::kHelloAck, hello_reply);
}

void Endpoint::drop_session() {
  established_ = false;
  hello_crc_ = 0;
  reset_streams();
}

void Endpoint::poll() {
  if (!established_) {
    return;
  }
  ++counters_.polls;
  ++poll_number_;
  poll_pending_ = recovering_ = true;
  nak_sent_ = false;
}

void Endpoint::reset_streams() {
  expected_ = 0;
  ack_pending_ = nak_pending_ = nak_sent_ = no_session_pending_ = false;
  head_ = next_ = tail_ = under_way_ = once_ = 0;
  head_seq_ = next_seq_ = tail_seq_ = sent_seq_ = 0;
  recovering_ = poll_pending_ = poll_answer_pending_ = confirmed_ = false;
}

void Endpoint::rewind() {
  next_ = head_;
  next_seq_ = head_seq_;
  under_way_ = 0;
}

void Endpoint::nak_once() {
  if (!nak_sent_) {
    nak_sent_ = nak_pending_ = true;
  }
}

bool Endpoint::send_once(FrameKind kind, std::span<const std::uint8_t> payload) {
  const std::size_t bytes = max_encoded_bytes(payload.size()) + 1;
  once_ = 0;
  if (!make_room(bytes)) {
    return false;
  }
  // A delimiter first, so that noise or text before it damages nothing.
  transmit_[tail_] = 0;
  once_ = 1 + encode_frame(header_of(kind), payload, &transmit_[tail_ + 1]);
  return true;
}

bool Endpoint::make_room(std::size_t bytes) {
  if (tail_ + bytes > transmit_.size() && head_ != 0) {
    std::memmove(transmit_.data(), &transmit_[head_], tail_ - head_);
    tail_ -= head_;
    next_ -= head_;
    head_ = 0;
  }
  return tail_ + bytes <= transmit_.size();
}

std::span<const std::uint8_t> Endpoint::control_frame(const FrameHeader& header, bool leading_delimiter) {
  const std::size_t before = leading_delimiter ? 1 : 0;
  control_[0] = 0;
  return {control_, before + encode_frame(header, {}, control_ + before)};
}

FrameHeader Endpoint::header_of(FrameKind kind) const {
  return {.kind = kind, .flags = 0, .session = session_, .seq = 0, .ack = expected_, .window = window_};
}

}  // namespace tinyrig::link
