// One end of the device link: whole messages, in order, each once, over a line that may damage, drop,
// repeat or delay bytes. The same code runs on board and host; rules and states: docs/link.md.
//
// Go-back-N with cumulative acknowledgements. The host owns all time-outs: it calls poll() when the line
// is silent for too long; a board needs no timer. The peer's window, in encoded bytes, bounds what is
// under way, so that a board's receive ring cannot overflow.
//
// Pull in, pull out: give bytes from the line to receive(), write what output() returns. No I/O, no
// clock, no heap; buffers are the caller's. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/link/frame.h"

namespace tinyrig::link {

enum class Role : std::uint8_t { kHost, kBoard };

enum class Event : std::uint8_t {
  kNone,       // all bytes used, nothing to tell
  kControl,    // a frame that concerns the endpoint alone
  kMessage,    // payload() is the next message
  kHello,      // board: payload() is a HelloRequest; call accept_hello(), then send_hello_reply()
  kHelloAck,   // host: session established; payload() is the HelloReply
  kNoSession,  // host: the board lost the session
  kBadChunk,   // bytes between two delimiters that are no frame: noise, or text of the board
};

struct Counters {
  std::uint32_t frames_received = 0;
  std::uint32_t bad_chunks = 0;
  std::uint32_t duplicates = 0;  // DATA that had come already
  std::uint32_t gaps = 0;        // DATA ahead of its turn
  std::uint32_t stale = 0;       // frames of another session
  std::uint32_t refused = 0;     // DATA that came while accept(false)
  std::uint32_t data_frames_sent = 0;
  std::uint32_t retransmitted = 0;
  std::uint32_t polls = 0;
};

class Endpoint {
 public:
  // `receive_buffer`: decoded_frame_bytes(largest payload taken). `transmit_buffer`: holds encoded
  // messages until they are acknowledged, each with two bytes beside it. `window_bytes`: what this end
  // can buffer.
  Endpoint(Role role, std::span<std::uint8_t> receive_buffer, std::span<std::uint8_t> transmit_buffer,
           std::uint16_t window_bytes);
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // --- from the line
  // Takes bytes until something happens; `used` says how many. Call again with the rest.
  Event receive(std::span<const std::uint8_t> bytes, std::size_t& used);
  // Of kMessage, kHello and kHelloAck; valid until the next receive().
  std::span<const std::uint8_t> payload() const { return decoder_.payload(); }
  // While false, messages are left unacknowledged; the peer sends them again later.
  void accept(bool accepting) { accepting_ = accepting; }

  // --- to the line
  // The next frame to write, whole; empty: nothing to say now. Valid until any other call.
  std::span<const std::uint8_t> output();
  // Queues one message. False: no session (a board's begins when the host was heard after HELLO_ACK), or
  // no room before the peer acknowledges.
  bool send(std::span<const std::uint8_t> payload);
  bool can_send(std::size_t payload_bytes) const;
  // Messages that wait for the window.
  std::size_t unsent() const { return static_cast<std::uint16_t>(tail_seq_ - next_seq_); }
  // Of the first message that the peer has not acknowledged: the peer gets on when it changes.
  std::uint16_t unacknowledged_seq() const { return head_seq_; }
  // Every queued message was acknowledged.
  bool all_acknowledged() const { return head_ == tail_; }

  // --- session
  bool established() const { return established_; }
  std::uint16_t session() const { return session_; }
  // Host: forgets the old session and queues HELLO. Again with the same tag: repeats it.
  // False: the transmit buffer is too small.
  bool start(std::uint16_t session_tag, std::span<const std::uint8_t> hello_request);
  // Host: asks where the peer is; until the answer no DATA goes out.
  void poll();
  bool polling() const { return recovering_; }
  // Board: after kHello. A repeated HELLO of the session in use changes nothing and gives false.
  bool accept_hello();
  bool send_hello_reply(std::span<const std::uint8_t> hello_reply);
  // Forgets the session, silently.
  void drop_session();

  const Counters& counters() const { return counters_; }

 private:
  Event on_frame();
  Event on_data(const FrameHeader& header);
  void on_acknowledgement(std::uint16_t ack);
  void reset_streams();
  void rewind();
  void nak_once();
  bool send_once(FrameKind kind, std::span<const std::uint8_t> payload);
  std::span<const std::uint8_t> control_frame(const FrameHeader& header, bool leading_delimiter);
  FrameHeader header_of(FrameKind kind) const;
  bool make_room(std::size_t bytes);
  std::size_t record_bytes(std::size_t offset) const { return detail::get_u16(&transmit_[offset]); }

  const Role role_;
  FrameDecoder decoder_;
  std::span<std::uint8_t> transmit_;
  const std::uint16_t window_;
  std::uint8_t control_[kControlFrameBytes + 1];

  bool established_ = false;
  bool accepting_ = true;
  bool confirmed_ = false;  // board: the host knows of the session, so HELLO_ACK need not fit any more
  std::uint16_t session_ = 0;
  std::uint32_t hello_crc_ = 0;

  // Receiving.
  std::uint16_t expected_ = 0;
  std::uint16_t queued_ack_ = 0;  // that the last queued message carries
  bool ack_pending_ = false;
  bool nak_pending_ = false;
  bool nak_sent_ = false;  // once per gap
  bool no_session_pending_ = false;
  std::uint16_t unknown_session_ = 0;

  // Sending: records [u16 bytes][encoded frame] from head_ (oldest unacknowledged) over next_ (to be
  // sent next) to tail_ (end). Sequence numbers of the three, and one behind the highest ever sent.
  std::size_t head_ = 0, next_ = 0, tail_ = 0;
  std::uint16_t head_seq_ = 0, next_seq_ = 0, tail_seq_ = 0, sent_seq_ = 0;
  std::size_t under_way_ = 0;  // encoded bytes from head_ to next_
  std::size_t peer_window_ = 0;
  std::size_t once_ = 0;  // bytes of a HELLO or HELLO_ACK behind tail_, to go out once

  // Polling.
  bool recovering_ = false;
  bool poll_pending_ = false;
  bool poll_answer_pending_ = false;
  std::uint16_t poll_number_ = 0;
  std::uint16_t poll_to_answer_ = 0;

  Counters counters_;
};

}  // namespace tinyrig::link
