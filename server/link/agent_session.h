// A typed client of the agent on one board: sessions, commands, transfers, measurements over a Transport.
// Protocol: docs/link.md and proto/tinyrig/agent/v1/agent.proto.
//
// Threads: none of its own. All calls, and the transport, belong to one strand; one operation at a time.
// Between operations nobody reads the line.
//
// Errors of every operation (reasons in brackets):
//   UNAVAILABLE [UNPLUGGED]            the line is gone: reopen it
//   DEADLINE_EXCEEDED [AGENT_SILENT]   nothing came for longer than the operation's limit on silence
//   ABORTED [BOARD_RESET]              the board lost the session: say hello, begin again
//   DATA_LOSS [LINK_TOO_NOISY]         too many damaged frames in a row
//   FAILED_PRECONDITION [NO_SESSION]   no hello yet, or an operation before was cut off (cancelled, failed)
//   INTERNAL [AGENT_PROTOCOL]          the agent breaks the protocol
//   and what the agent itself says (server/link/agent_error.h); after those the session goes on.
//
// Cancellation: destroy or cancel the coroutine of an operation at any point. The session then needs a
// new hello(), nothing else; the board keeps what a transfer brought, for upload() with `resume`.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/link/console_tap.h"
#include "server/link/transport.h"
#include "tinyrig/agent/v1/agent.pb.h"
#include "wire/link/endpoint.h"

namespace tinyrig::link {

struct SessionOptions {
  /// Silence after which the agent counts as dead, in ordinary commands.
  std::chrono::milliseconds silence_limit{5'000};
  /// The same while it computes without announcing how long: load, infer, calibrate, erase, warm-up.
  std::chrono::milliseconds work_silence_limit{60'000};
  /// The same after the end of a window that it announced, the stretch included.
  std::chrono::milliseconds window_silence_limit{10'000};
  /// Silence after which it is asked where it is; doubles up to 16 times this.
  std::chrono::milliseconds poll_after{200};
  /// First pause between two HELLOs; doubles up to 8 times this.
  std::chrono::milliseconds hello_interval{250};
  /// An announced window may take so many times its estimate (emulated boards keep their own time).
  double window_stretch = 10;
  /// Damaged frames in a row until the line counts as too noisy.
  std::uint32_t max_bad_chunks_in_row = 200;
  /// Text outside of frames: boot banner, crash dumps. Not called after the session is gone.
  std::function<void(std::string_view)> on_console_text;
  /// Log messages of the agent.
  std::function<void(std::string_view)> on_log;
};

struct LatencyResult {
  std::vector<std::uint64_t> ticks;  // one per iteration, in order
  agent::v1::MeasureDone done;
  std::uint64_t estimated_ticks = 0;        // that the agent announced
  std::chrono::nanoseconds host_window{0};  // from announcement to first sample, host clock
};

struct ProfileIteration {
  std::uint64_t total_ticks = 0;
  std::vector<std::uint64_t> operator_ticks;
};

struct ProfileResult {
  std::vector<ProfileIteration> iterations;
  agent::v1::MeasureDone done;
};

class AgentSession {
 public:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;
  using Clock = Transport::Clock;
  /// Done and total, in bytes or iterations.
  using Progress = std::function<void(std::uint64_t, std::uint64_t)>;

  explicit AgentSession(std::unique_ptr<Transport> transport, SessionOptions options = {});
  AgentSession(const AgentSession&) = delete;
  AgentSession& operator=(const AgentSession&) = delete;

  /// Starts a new session, repeating HELLO until the agent answers or `timeout` is over. Always allowed.
  /// FAILED_PRECONDITION [PROTOCOL_VERSION] when the agent speaks another version.
  Awaitable<absl::StatusOr<agent::v1::HelloReply>> hello(std::chrono::milliseconds timeout);
  /// The answer to the last successful hello().
  const std::optional<agent::v1::HelloReply>& board() const { return board_; }

  /// Round trip.
  Awaitable<absl::StatusOr<std::chrono::nanoseconds>> ping();
  /// Raises or lowers the line's speed at both ends and checks it. UNAVAILABLE [BAUD_SWITCH_FAILED]: reset
  /// the board; the transport is back at `fallback_baud`.
  Awaitable<absl::Status> set_baud(std::uint32_t baud, std::uint32_t fallback_baud = 115200);

  /// Moves `bytes` (kept by the caller until the end) onto the board, checked by CRC-32. With `resume`, goes
  /// on where the same transfer stopped, or ends at once when the board has all of it.
  Awaitable<absl::Status> upload(agent::v1::Destination destination, std::span<const std::uint8_t> bytes,
                                 Progress progress = nullptr, bool resume = false);
  /// Bytes that the last upload() found on the board already.
  std::uint32_t resumed_from_bytes() const { return resumed_from_bytes_; }

  Awaitable<absl::StatusOr<agent::v1::ModelInfo>> load_model(agent::v1::Destination from);
  Awaitable<absl::Status> set_input_seed(std::uint32_t seed);
  Awaitable<absl::Status> set_input_transferred();
  Awaitable<absl::StatusOr<agent::v1::InferDone>> infer(bool hash_operators);
  Awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read_output();

  /// How long the agent may be silent beyond the window that it announced, in measurements from now on.
  void limit_window_silence(std::chrono::milliseconds limit) { options_.window_silence_limit = limit; }
  Awaitable<absl::StatusOr<LatencyResult>> measure_latency(std::uint32_t warmup, std::uint32_t iterations,
                                                           Progress progress = nullptr);
  Awaitable<absl::StatusOr<ProfileResult>> measure_profile(std::uint32_t iterations, Progress progress = nullptr);
  /// One window of so many inferences, the trigger high meanwhile.
  Awaitable<absl::StatusOr<agent::v1::EnergyDone>> measure_energy(std::uint32_t inferences);
  Awaitable<absl::StatusOr<agent::v1::MemoryReport>> get_memory();
  Awaitable<absl::StatusOr<agent::v1::CrashReport>> get_crash();
  Awaitable<absl::StatusOr<agent::v1::CalibrationReport>> calibrate(std::uint32_t loops);
  /// Sends so many raw bytes; the time until the board had them all.
  Awaitable<absl::StatusOr<std::chrono::nanoseconds>> raw_sink(std::uint32_t bytes);
  /// The board restarts; say hello() next.
  Awaitable<absl::Status> reset();

  /// Reads the line for a while without a session's need: console text, frames of old sessions.
  Awaitable<absl::Status> listen(std::chrono::milliseconds duration);

  /// Errors of the line since the session object was made.
  const Counters& counters() const { return endpoint_.counters(); }
  Transport& transport() { return *transport_; }

 private:
  // agent_session.cpp: the exchange of messages.
  /// Queues `message` with a new id and opens an operation.
  absl::StatusOr<std::uint32_t> send(agent::v1::HostMessage& message);
  /// The next message with an id from `first_id` to `last_id`; others are dropped.
  Awaitable<absl::StatusOr<agent::v1::AgentMessage>> next_answer(std::uint32_t first_id, std::uint32_t last_id,
                                                                 std::chrono::milliseconds silence);
  /// Sends and takes the one answer, which must be `expected` (or a Status: an error).
  Awaitable<absl::StatusOr<agent::v1::AgentMessage>> request(agent::v1::HostMessage& message,
                                                             agent::v1::AgentMessage::BodyCase expected,
                                                             std::chrono::milliseconds silence, std::string doing);
  Awaitable<absl::Status> request_status(agent::v1::HostMessage& message, std::chrono::milliseconds silence,
                                         std::string doing);
  /// The final answer came: the session is free for the next operation.
  absl::StatusOr<agent::v1::AgentMessage> finish(agent::v1::AgentMessage answer,
                                                 agent::v1::AgentMessage::BodyCase expected, const std::string& doing);
  /// One turn: writes what is due, reads until `deadline` at most, decodes. DEADLINE_EXCEEDED is no harm.
  Awaitable<absl::Status> turn(Clock::time_point deadline);
  Awaitable<absl::Status> flush();
  /// One turn that ends in time for the next poll; errors when the silence lasts too long.
  Awaitable<absl::Status> wait_turn(std::chrono::milliseconds silence);
  absl::Status decode(std::span<const std::uint8_t> bytes);
  absl::Status on_event(Event event);
  void on_heard();
  absl::Status check_open() const;
  absl::Status protocol_error(const std::string& what) const;

  // agent_transfer.cpp
  Awaitable<absl::Status> upload_once(agent::v1::Destination destination, std::span<const std::uint8_t> bytes,
                                      const Progress& progress, bool resume);
  Awaitable<absl::Status> send_data(agent::v1::Destination destination, std::span<const std::uint8_t> bytes,
                                    const Progress& progress);

  // agent_measuring.cpp
  Awaitable<absl::Status> begin_window(std::uint64_t estimated_ticks);

  std::unique_ptr<Transport> transport_;
  SessionOptions options_;
  std::vector<std::uint8_t> receive_buffer_;
  std::vector<std::uint8_t> transmit_buffer_;
  Endpoint endpoint_;
  ConsoleTap console_;
  std::vector<std::uint8_t> read_buffer_;
  std::vector<std::uint8_t> write_buffer_;
  std::deque<agent::v1::AgentMessage> messages_;
  std::optional<agent::v1::HelloReply> board_;
  std::optional<agent::v1::HelloReply> hello_reply_;  // just came
  std::mt19937_64 random_;

  std::uint32_t last_id_ = 0;
  bool open_ = false;                 // an operation is under way, or was cut off
  bool lost_ = false;                 // the board says that it knows no such session
  std::uint32_t raw_bytes_owed_ = 0;  // by a raw_sink() that was cut off
  std::uint32_t bad_chunks_in_row_ = 0;
  std::uint32_t idle_polls_ = 0;  // in a row: answered without sending what we wait for, or taking what we send
  std::uint32_t resumed_from_bytes_ = 0;
  Clock::time_point heard_at_{};
  Clock::time_point next_poll_at_{};
  Clock::time_point quiet_until_{};  // announced silence
  std::chrono::milliseconds poll_interval_{};
};

}  // namespace tinyrig::link
