// tinyrig top: the farm at a glance, from events.
#include <grpcpp/completion_queue.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "client/commands.h"
#include "client/farm_view.h"
#include "client/interrupt.h"
#include "client/screen.h"
#include "tinyrig/v1/board.grpc.pb.h"
#include "tinyrig/v1/event.grpc.pb.h"
#include "tinyrig/v1/job.grpc.pb.h"
#include "tinyrig/v1/run.grpc.pb.h"
#include "tinyrig/v1/system.grpc.pb.h"

namespace tinyrig::client {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The clock on the screen, and how soon a key or a new size shows.
constexpr auto kTick = std::chrono::milliseconds(250);
constexpr auto kBetweenTries = std::chrono::seconds(1);
// The number of queued runs comes with no event.
constexpr auto kBetweenCounts = std::chrono::seconds(1);
// What happened while the stream of events was only beginning comes with none either.
constexpr auto kBetweenReads = std::chrono::seconds(30);
constexpr std::uint32_t kRunsAtOnce = 100;

std::optional<Failure> read_state(const Connection& connection, FarmState* state) {
  const auto system = connection.stub<v1::SystemService>();
  const auto boards = connection.stub<v1::BoardService>();
  const auto jobs = connection.stub<v1::JobService>();
  const auto runs = connection.stub<v1::RunService>();
  if (auto no = connection.try_call(*system, &v1::SystemService::Stub::GetVersion, v1::GetVersionRequest(),
                                    &state->version)) {
    return no;
  }
  if (auto no =
          connection.try_call(*boards, &v1::BoardService::Stub::ListBoards, v1::ListBoardsRequest(), &state->boards)) {
    return no;
  }
  if (auto no = connection.try_call(*jobs, &v1::JobService::Stub::ListJobs, v1::ListJobsRequest(), &state->jobs)) {
    return no;
  }
  v1::ListRunsRequest request;
  request.set_page_size(kRunsAtOnce);
  return connection.try_call(*runs, &v1::RunService::Stub::ListRuns, request, &state->runs);
}

std::string text_of(const FarmView& view) {
  std::string text;
  for (const std::string& line :
       view.picture(screen_size().columns, std::numeric_limits<std::size_t>::max(), absl::Now())) {
    text += line + "\n";
  }
  return text;
}

// The stream of events, one read at a time, so that the caller can do other things meanwhile.
class EventStream {
 public:
  explicit EventStream(const Connection& connection) : stub_(connection.stub<v1::EventService>()) {
    stream_ = stub_->PrepareAsyncSubscribeEvents(&context_, v1::SubscribeEventsRequest(), &queue_);
    stream_->StartCall(this);
  }
  ~EventStream() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  enum class Turn { kNothing, kBegun, kEvent, kOver };
  /// Waits for so long at most.
  Turn next(std::chrono::milliseconds patience, v1::Event* event) {
    void* tag = nullptr;
    bool ok = false;
    const auto deadline = std::chrono::system_clock::now() + patience;
    if (queue_.AsyncNext(&tag, &ok, deadline) != grpc::CompletionQueue::GOT_EVENT) return Turn::kNothing;
    if (!ok) return Turn::kOver;
    const bool begun = std::exchange(begun_, true);
    if (begun) *event = std::move(*message_.mutable_event());
    stream_->Read(&message_, this);
    return begun ? Turn::kEvent : Turn::kBegun;
  }

 private:
  const std::unique_ptr<v1::EventService::Stub> stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<v1::SubscribeEventsResponse>> stream_;
  v1::SubscribeEventsResponse message_;
  bool begun_ = false;
};

// The screen with all that keeps it up to date.
class Top {
 public:
  Top(const Connection& connection, FarmView view) : connection_(connection), view_(std::move(view)) {}

  void run(InterruptWatch& interrupt, Screen& screen) {
    while (!interrupt.interrupted() && !screen.quit_pressed()) {
      const auto now = SteadyClock::now();
      if (stream_ == nullptr && now >= try_at_) stream_ = std::make_unique<EventStream>(connection_);
      if (stream_ != nullptr) {
        take_events();
      } else {
        interrupt.pause(kTick);
      }
      if (stream_ != nullptr && !lost_ && now >= read_at_) read();
      if (counts_due_ && now >= count_at_) count();
      const ScreenSize size = screen_size();
      screen.draw(view_.picture(size.columns, size.rows, absl::Now()));
    }
  }

 private:
  // Those that are there, or the first one within a tick.
  void take_events() {
    std::chrono::milliseconds patience = kTick;
    const auto until = SteadyClock::now() + kTick;
    for (;;) {
      v1::Event event;
      switch (stream_->next(patience, &event)) {
        case EventStream::Turn::kNothing:
          return;
        case EventStream::Turn::kOver:
          return lose();
        case EventStream::Turn::kBegun:
          read();
          break;
        case EventStream::Turn::kEvent:
          counts_due_ = counts_due_ || (event.has_run() && event.run().step().empty());
          if (view_.apply(event)) read();
          break;
      }
      if (stream_ == nullptr || SteadyClock::now() >= until) return;
      patience = std::chrono::milliseconds(0);
    }
  }

  void read() {
    FarmState state;
    if (read_state(connection_, &state).has_value()) return lose();
    view_.set(state);
    view_.set_found();
    lost_ = false;
    read_at_ = SteadyClock::now() + kBetweenReads;
  }

  void count() {
    counts_due_ = false;
    count_at_ = SteadyClock::now() + kBetweenCounts;
    const auto system = connection_.stub<v1::SystemService>();
    v1::GetVersionResponse version;
    const auto failed =
        connection_.try_call(*system, &v1::SystemService::Stub::GetVersion, v1::GetVersionRequest(), &version);
    if (!failed.has_value()) view_.set_queued_runs(version.runs_queued());
  }

  void lose() {
    stream_.reset();
    try_at_ = SteadyClock::now() + kBetweenTries;
    if (!std::exchange(lost_, true)) view_.set_lost(absl::Now());
  }

  const Connection& connection_;
  FarmView view_;
  std::unique_ptr<EventStream> stream_;  // null: not now
  SteadyClock::time_point try_at_{};
  SteadyClock::time_point count_at_{};
  SteadyClock::time_point read_at_ = SteadyClock::time_point::max();
  bool counts_due_ = false;
  bool lost_ = false;
};

std::string json_of(const FarmState& state) {
  return "{\"version\": " + to_json(state.version) + ", \"boards\": " + to_json(state.boards) +
         ", \"jobs\": " + to_json(state.jobs) + ", \"runs\": " + to_json(state.runs) + "}\n";
}

}  // namespace

ExitCode top(const GlobalOptions& global, bool once) {
  InterruptWatch interrupt;
  const Connection connection(global.server);
  FarmState state;
  if (const auto failure = read_state(connection, &state)) return report(*failure);
  if (global.json) return print(json_of(state)) ? kOk : kUnavailable;
  FarmView view(connection.server());
  view.set(state);
  if (once || ::isatty(STDOUT_FILENO) != 1) return print(text_of(view)) ? kOk : kUnavailable;
  Screen screen;
  interrupt.on_interrupt([&screen] { screen.leave(); });
  Top(connection, std::move(view)).run(interrupt, screen);
  interrupt.on_interrupt(nullptr);
  return kOk;
}

}  // namespace tinyrig::client
