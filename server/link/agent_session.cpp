#include "server/link/agent_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/link/agent_error.h"

namespace tinyrig::link {
namespace {

using agent::v1::AgentMessage;
using agent::v1::HelloReply;
using agent::v1::HelloRequest;
using agent::v1::HostMessage;
using std::chrono::milliseconds;

// Largest payload taken from an agent, and sent to one.
constexpr std::size_t kMaxPayloadBytes = 4096;
constexpr std::size_t kTransmitBytes = 4 * (2 + max_encoded_bytes(kMaxPayloadBytes));
constexpr std::uint16_t kWindowBytes = 16384;
// Ids stay below 128 so that they take one byte; answers of long ago cannot come (the link keeps order).
constexpr std::uint32_t kMaxId = 126;
// An agent that answers so many polls has nothing more to say.
constexpr std::uint32_t kMaxIdlePolls = 50;
// What a freshly booted agent says last.
constexpr std::string_view kReadyText = "m-ready";

std::span<const std::uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

AgentSession::AgentSession(std::unique_ptr<Transport> transport, SessionOptions options)
    : transport_(std::move(transport)),
      options_(std::move(options)),
      receive_buffer_(decoded_frame_bytes(kMaxPayloadBytes)),
      transmit_buffer_(kTransmitBytes),
      endpoint_(Role::kHost, receive_buffer_, transmit_buffer_, kWindowBytes),
      console_([this](std::string_view text) {
        if (text.find(kReadyText) != text.npos && endpoint_.established()) {
          // It booted: the answer to a poll will say whether the session is gone, silence or not.
          quiet_until_ = {};
          endpoint_.poll();
        }
        if (options_.on_console_text) {
          options_.on_console_text(text);
        }
      }),
      read_buffer_(16384),
      random_(std::random_device{}()) {}

boost::asio::awaitable<absl::StatusOr<HelloReply>> AgentSession::hello(milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  HelloRequest request;
  request.set_protocol_version(kProtocolVersion);
  std::string uuid(16, '\0');
  for (char& byte : uuid) {
    byte = static_cast<char>(random_());
  }
  request.set_session_uuid(uuid);
  const auto tag =
      static_cast<std::uint16_t>(static_cast<std::uint8_t>(uuid[0]) | static_cast<std::uint8_t>(uuid[1]) << 8);
  const std::string encoded = request.SerializeAsString();

  open_ = true;
  lost_ = false;
  messages_.clear();
  hello_reply_.reset();
  bad_chunks_in_row_ = 0;
  quiet_until_ = {};
  if (raw_bytes_owed_ != 0) {
    // The agent may still wait for raw bytes and would take our frames for them.
    const std::vector<std::uint8_t> zeros(std::exchange(raw_bytes_owed_, 0), 0);
    absl::Status status = co_await transport_->write(zeros, deadline);
    if (!status.ok()) {
      co_return status;
    }
  }
  milliseconds interval = options_.hello_interval;
  while (!hello_reply_) {
    if (Clock::now() >= deadline) {
      endpoint_.drop_session();
      co_return make_error(absl::StatusCode::kDeadlineExceeded, "AGENT_SILENT",
                           absl::StrCat("the agent did not answer HELLO for ", timeout.count(), " ms"),
                           "reset or power-cycle the board, then flash the agent");
    }
    endpoint_.start(tag, as_bytes(encoded));
    const Clock::time_point repeat_at = std::min(deadline, Clock::now() + interval);
    interval = std::min(interval * 2, options_.hello_interval * 8);
    while (!hello_reply_ && Clock::now() < repeat_at) {
      absl::Status status = co_await turn(repeat_at);
      if (!status.ok() && !absl::IsDeadlineExceeded(status)) {
        co_return status;
      }
    }
  }
  if (hello_reply_->protocol_version() != kProtocolVersion) {
    endpoint_.drop_session();
    co_return make_error(absl::StatusCode::kFailedPrecondition, "PROTOCOL_VERSION",
                         absl::StrCat("the agent speaks link protocol ", hello_reply_->protocol_version(),
                                      ", this server ", kProtocolVersion),
                         "flash the agent that belongs to this server");
  }
  if (hello_reply_->session_uuid() != uuid || hello_reply_->max_payload_bytes() < 64) {
    endpoint_.drop_session();
    co_return protocol_error("its answer to HELLO is of another session or offers frames below 64 bytes");
  }
  board_ = *hello_reply_;
  on_heard();
  absl::Status status = co_await flush();  // the agent waits for this acknowledgement
  if (!status.ok()) {
    co_return status;
  }
  open_ = false;
  co_return *board_;
}

absl::StatusOr<std::uint32_t> AgentSession::send(HostMessage& message) {
  const absl::Status status = check_open();
  if (!status.ok()) {
    return status;
  }
  last_id_ = last_id_ % kMaxId + 1;
  message.set_id(last_id_);
  const std::string encoded = message.SerializeAsString();
  if (encoded.size() > board_->max_payload_bytes() || !endpoint_.send(as_bytes(encoded))) {
    return protocol_error(absl::StrCat("it takes no message of ", encoded.size(), " bytes"));
  }
  open_ = true;
  messages_.clear();
  idle_polls_ = 0;
  quiet_until_ = {};
  on_heard();
  return last_id_;
}

absl::Status AgentSession::check_open() const {
  if (!endpoint_.established() || open_) {
    return make_error(absl::StatusCode::kFailedPrecondition, "NO_SESSION",
                      open_ ? "the operation before was cut off" : "there is no session with the agent",
                      "say hello first");
  }
  return absl::OkStatus();
}

boost::asio::awaitable<absl::StatusOr<AgentMessage>> AgentSession::next_answer(std::uint32_t first_id,
                                                                               std::uint32_t last_id,
                                                                               milliseconds silence) {
  while (true) {
    while (!messages_.empty()) {
      AgentMessage message = std::move(messages_.front());
      messages_.pop_front();
      if (message.id() >= first_id && message.id() <= last_id) {
        co_return message;
      }
    }
    absl::Status status = co_await wait_turn(silence);
    if (!status.ok()) {
      co_return status;
    }
  }
}

boost::asio::awaitable<absl::Status> AgentSession::wait_turn(milliseconds silence) {
  const Clock::time_point now = Clock::now();
  const Clock::time_point silent_since = std::max(heard_at_, quiet_until_);
  if (now >= silent_since + silence) {
    co_return make_error(absl::StatusCode::kDeadlineExceeded, "AGENT_SILENT",
                         absl::StrCat("the agent has been silent for ", silence.count(), " ms"),
                         "reset or power-cycle the board");
  }
  if (now >= quiet_until_ && now >= next_poll_at_) {
    endpoint_.poll();
    console_.flush();
    poll_interval_ = std::min(poll_interval_ * 2, options_.poll_after * 16);
    next_poll_at_ = now + poll_interval_;
  }
  if (idle_polls_ > kMaxIdlePolls) {
    co_return protocol_error("it is idle and did not answer");
  }
  const Clock::time_point next_poll = std::max(quiet_until_, next_poll_at_);
  absl::Status status = co_await turn(std::min(silent_since + silence, next_poll));
  if (absl::IsDeadlineExceeded(status)) {
    co_return absl::OkStatus();
  }
  co_return status;
}

boost::asio::awaitable<absl::Status> AgentSession::turn(Clock::time_point deadline) {
  absl::Status status = co_await flush();
  if (!status.ok()) {
    co_return status;
  }
  absl::StatusOr<std::size_t> count = co_await transport_->read_some(read_buffer_, deadline);
  if (!count.ok()) {
    co_return count.status();
  }
  co_return decode(std::span<const std::uint8_t>(read_buffer_).first(*count));
}

boost::asio::awaitable<absl::Status> AgentSession::flush() {
  write_buffer_.clear();
  while (true) {
    const std::span<const std::uint8_t> frame = endpoint_.output();
    if (frame.empty()) {
      break;
    }
    write_buffer_.insert(write_buffer_.end(), frame.begin(), frame.end());
  }
  if (write_buffer_.empty()) {
    co_return absl::OkStatus();
  }
  absl::Status status = co_await transport_->write(write_buffer_, Clock::now() + options_.work_silence_limit);
  if (absl::IsDeadlineExceeded(status)) {
    co_return make_error(absl::StatusCode::kDeadlineExceeded, "AGENT_SILENT", "the line takes no bytes any more",
                         "power-cycle the board");
  }
  co_return status;
}

absl::Status AgentSession::decode(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const bool was_recovering = endpoint_.polling();
    const std::uint16_t was_unacknowledged = endpoint_.unacknowledged_seq();
    std::size_t used = 0;
    const Event event = endpoint_.receive(bytes, used);
    console_.feed(bytes.first(used));
    bytes = bytes.subspan(used);
    if (endpoint_.unacknowledged_seq() != was_unacknowledged) {
      idle_polls_ = 0;
    } else if (was_recovering && !endpoint_.polling()) {
      ++idle_polls_;
    }
    const absl::Status status = on_event(event);
    if (!status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status AgentSession::on_event(Event event) {
  switch (event) {
    case Event::kNone:
      return absl::OkStatus();
    case Event::kBadChunk:
      if (!console_.on_bad_chunk() && ++bad_chunks_in_row_ > options_.max_bad_chunks_in_row) {
        return make_error(absl::StatusCode::kDataLoss, "LINK_TOO_NOISY",
                          absl::StrCat(bad_chunks_in_row_, " damaged frames in a row"),
                          "check the cable, ground and speed of the line");
      }
      return absl::OkStatus();
    case Event::kNoSession:
      console_.on_frame();
      lost_ = true;
      return make_error(absl::StatusCode::kAborted, "BOARD_RESET", "the board was reset in the session",
                        "say hello and begin again");
    case Event::kHelloAck: {
      console_.on_frame();
      HelloReply reply;
      const auto payload = endpoint_.payload();
      if (!reply.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
        return protocol_error("its answer to HELLO cannot be read");
      }
      hello_reply_ = std::move(reply);
      return absl::OkStatus();
    }
    case Event::kMessage: {
      console_.on_frame();
      on_heard();
      AgentMessage message;
      const auto payload = endpoint_.payload();
      if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
        return protocol_error("it sent a message that cannot be read");
      }
      if (message.has_log()) {
        if (options_.on_log) {
          options_.on_log(message.log().text());
        }
      } else {
        quiet_until_ = {};
        messages_.push_back(std::move(message));
      }
      idle_polls_ = 0;
      return absl::OkStatus();
    }
    case Event::kControl:
    case Event::kHello:
      console_.on_frame();
      on_heard();
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

void AgentSession::on_heard() {
  heard_at_ = Clock::now();
  poll_interval_ = options_.poll_after;
  next_poll_at_ = heard_at_ + poll_interval_;
  bad_chunks_in_row_ = 0;
}

boost::asio::awaitable<absl::StatusOr<AgentMessage>> AgentSession::request(HostMessage& message,
                                                                           AgentMessage::BodyCase expected,
                                                                           milliseconds silence, std::string doing) {
  absl::StatusOr<std::uint32_t> id = send(message);
  if (!id.ok()) {
    co_return id.status();
  }
  absl::StatusOr<AgentMessage> answer = co_await next_answer(*id, *id, silence);
  if (!answer.ok()) {
    co_return answer.status();
  }
  co_return finish(*std::move(answer), expected, doing);
}

boost::asio::awaitable<absl::Status> AgentSession::request_status(HostMessage& message, milliseconds silence,
                                                                  std::string doing) {
  absl::StatusOr<AgentMessage> answer = co_await request(message, AgentMessage::kStatus, silence, std::move(doing));
  co_return answer.status();
}

absl::StatusOr<AgentMessage> AgentSession::finish(AgentMessage answer, AgentMessage::BodyCase expected,
                                                  const std::string& doing) {
  if (answer.has_status()) {
    open_ = false;
    const absl::Status status = error_of(answer.status(), doing);
    if (!status.ok()) {
      return status;
    }
  }
  if (answer.body_case() != expected) {
    return protocol_error(absl::StrCat(doing, ": the answer is of another kind (", answer.body_case(), ")"));
  }
  open_ = false;
  return answer;
}

absl::Status AgentSession::protocol_error(const std::string& what) const {
  return make_error(absl::StatusCode::kInternal, "AGENT_PROTOCOL",
                    absl::StrCat("the agent breaks the protocol: ", what),
                    "flash the agent that belongs to this server");
}

boost::asio::awaitable<absl::Status> AgentSession::listen(milliseconds duration) {
  const Clock::time_point deadline = Clock::now() + duration;
  while (Clock::now() < deadline) {
    absl::Status status = co_await turn(deadline);
    if (!status.ok() && !absl::IsDeadlineExceeded(status)) {
      co_return status;
    }
  }
  console_.flush();
  co_return absl::OkStatus();
}

}  // namespace tinyrig::link
