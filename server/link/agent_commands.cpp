// The commands of AgentSession that are one request and its answers.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/link/agent_session.h"

namespace tinyrig::link {

using agent::v1::AgentMessage;
using agent::v1::HostMessage;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
template <typename T>
using Awaitable = boost::asio::awaitable<T>;

Awaitable<absl::StatusOr<nanoseconds>> AgentSession::ping() {
  HostMessage message;
  message.mutable_ping()->set_data("tinyrig");
  const Clock::time_point begin = Clock::now();
  absl::StatusOr<AgentMessage> answer = co_await request(message, AgentMessage::kPong, options_.silence_limit, "ping");
  if (!answer.ok()) {
    co_return answer.status();
  }
  if (answer->pong().data() != "tinyrig") {
    co_return protocol_error("its pong brings other bytes than the ping");
  }
  co_return Clock::now() - begin;
}

Awaitable<absl::Status> AgentSession::set_baud(std::uint32_t baud, std::uint32_t fallback_baud) {
  HostMessage message;
  message.mutable_set_baud()->set_baud(baud);
  absl::Status status = co_await request_status(message, options_.silence_limit, "set baud");
  if (!status.ok()) {
    co_return status;
  }
  // The answer's acknowledgement is still unsent: it goes out at the new speed.
  status = transport_->set_baud(baud);
  if (status.ok()) {
    absl::StatusOr<nanoseconds> round_trip = co_await ping();
    if (round_trip.ok()) {
      co_return absl::OkStatus();
    }
    status = round_trip.status();
  }
  const absl::Status back = transport_->set_baud(fallback_baud);
  open_ = true;
  co_return make_error(absl::StatusCode::kUnavailable, "BAUD_SWITCH_FAILED",
                       absl::StrCat("no understanding at ", baud, " baud: ", std::string(status.message()),
                                    back.ok() ? "" : "; the port cannot go back either"),
                       "reset the board; use a lower speed for this board type");
}

Awaitable<absl::StatusOr<agent::v1::ModelInfo>> AgentSession::load_model(agent::v1::Destination from) {
  HostMessage message;
  message.mutable_load_model()->set_from(from);
  absl::StatusOr<AgentMessage> answer =
      co_await request(message, AgentMessage::kModelInfo, options_.work_silence_limit, "load model");
  if (!answer.ok()) {
    co_return answer.status();
  }
  co_return answer->model_info();
}

Awaitable<absl::Status> AgentSession::set_input_seed(std::uint32_t seed) {
  HostMessage message;
  message.mutable_set_input()->set_seed(seed);
  absl::Status status = co_await request_status(message, options_.silence_limit, "set input");
  co_return status;
}

Awaitable<absl::Status> AgentSession::set_input_transferred() {
  HostMessage message;
  message.mutable_set_input()->set_transferred(true);
  absl::Status status = co_await request_status(message, options_.silence_limit, "set input");
  co_return status;
}

Awaitable<absl::StatusOr<agent::v1::InferDone>> AgentSession::infer(bool hash_operators) {
  HostMessage message;
  message.mutable_infer()->set_hash_operators(hash_operators);
  absl::StatusOr<AgentMessage> answer =
      co_await request(message, AgentMessage::kInferDone, options_.work_silence_limit, "infer");
  if (!answer.ok()) {
    co_return answer.status();
  }
  co_return answer->infer_done();
}

Awaitable<absl::StatusOr<std::vector<std::uint8_t>>> AgentSession::read_output() {
  HostMessage message;
  message.mutable_read_output();
  absl::StatusOr<std::uint32_t> id = send(message);
  if (!id.ok()) {
    co_return id.status();
  }
  std::vector<std::uint8_t> output;
  while (true) {
    absl::StatusOr<AgentMessage> answer = co_await next_answer(*id, *id, options_.silence_limit);
    if (!answer.ok()) {
      co_return answer.status();
    }
    if (!answer->has_output_data()) {
      absl::StatusOr<AgentMessage> last = finish(*std::move(answer), AgentMessage::kStatus, "read output");
      if (!last.ok()) {
        co_return last.status();
      }
      co_return output;
    }
    const agent::v1::OutputData& part = answer->output_data();
    if (part.offset() != output.size()) {
      co_return protocol_error("its output comes out of order");
    }
    output.insert(output.end(), part.data().begin(), part.data().end());
  }
}

Awaitable<absl::StatusOr<agent::v1::MemoryReport>> AgentSession::get_memory() {
  HostMessage message;
  message.mutable_get_memory();
  absl::StatusOr<AgentMessage> answer =
      co_await request(message, AgentMessage::kMemoryReport, options_.work_silence_limit, "get memory");
  if (!answer.ok()) {
    co_return answer.status();
  }
  co_return answer->memory_report();
}

Awaitable<absl::StatusOr<agent::v1::CrashReport>> AgentSession::get_crash() {
  HostMessage message;
  message.mutable_get_crash();
  absl::StatusOr<AgentMessage> answer =
      co_await request(message, AgentMessage::kCrashReport, options_.silence_limit, "get crash");
  if (!answer.ok()) {
    co_return answer.status();
  }
  co_return answer->crash_report();
}

Awaitable<absl::StatusOr<agent::v1::CalibrationReport>> AgentSession::calibrate(std::uint32_t loops) {
  HostMessage message;
  message.mutable_calibrate()->set_loops(loops);
  absl::StatusOr<AgentMessage> answer =
      co_await request(message, AgentMessage::kCalibrationReport, options_.work_silence_limit, "calibrate");
  if (!answer.ok()) {
    co_return answer.status();
  }
  co_return answer->calibration_report();
}

Awaitable<absl::StatusOr<nanoseconds>> AgentSession::raw_sink(std::uint32_t bytes) {
  HostMessage message;
  message.mutable_raw_sink()->set_bytes(bytes);
  absl::StatusOr<std::uint32_t> id = send(message);
  if (!id.ok()) {
    co_return id.status();
  }
  while (!endpoint_.all_acknowledged()) {  // then the agent listens for raw bytes
    absl::Status status = co_await wait_turn(options_.silence_limit);
    if (!status.ok()) {
      co_return status;
    }
  }
  // A zero at the end: what the agent did not count becomes one damaged frame, apart from the next.
  const std::vector<std::uint8_t> filler(4096, 0x55);
  constexpr std::uint8_t kDelimiter[] = {0};
  raw_bytes_owed_ = bytes;
  const Clock::time_point begin = Clock::now();
  std::uint32_t left = bytes;
  std::uint32_t extra = 0;
  while (messages_.empty()) {
    const std::uint32_t part = left != 0 ? std::min<std::uint32_t>(left, 4096) : 256;
    if (left == 0) {
      absl::Status status = co_await turn(Clock::now() + options_.poll_after);
      if (!status.ok() && !absl::IsDeadlineExceeded(status)) {
        co_return status;
      }
      if (status.ok()) {
        continue;
      }
      // The line lost some: make up for them.
      extra += part;
      if (extra > bytes + 65536) {
        co_return make_error(absl::StatusCode::kDeadlineExceeded, "AGENT_SILENT",
                             "the agent does not confirm the raw bytes", "reset the board");
      }
    }
    absl::Status status =
        co_await transport_->write(std::span(filler).first(part), Clock::now() + options_.work_silence_limit);
    if (!status.ok()) {
      co_return status;
    }
    left -= std::min(left, part);
  }
  const nanoseconds elapsed = Clock::now() - begin;
  raw_bytes_owed_ = 0;
  absl::Status ended = co_await transport_->write(kDelimiter, Clock::now() + options_.work_silence_limit);
  if (!ended.ok()) {
    co_return ended;
  }
  AgentMessage answer = std::move(messages_.front());
  messages_.pop_front();
  absl::StatusOr<AgentMessage> last = finish(std::move(answer), AgentMessage::kStatus, "raw sink");
  if (!last.ok()) {
    co_return last.status();
  }
  co_return elapsed;
}

Awaitable<absl::Status> AgentSession::reset() {
  HostMessage message;
  message.mutable_reset();
  absl::StatusOr<std::uint32_t> id = send(message);
  if (!id.ok()) {
    co_return id.status();
  }
  // Until it is acknowledged, or the board, already new, says that it knows no session.
  while (!endpoint_.all_acknowledged()) {
    absl::Status status = co_await wait_turn(options_.silence_limit);
    if (lost_) {
      break;
    }
    if (!status.ok()) {
      co_return status;
    }
  }
  endpoint_.drop_session();
  open_ = false;
  co_return absl::OkStatus();
}

}  // namespace tinyrig::link
