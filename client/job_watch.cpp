#include "client/job_watch.h"

#include <optional>

#include "tinyrig/v1/job.grpc.pb.h"

namespace tinyrig::client {
namespace {

// How long a daemon may be away before we give up on it; the job itself goes on.
constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kPauseBetweenTries = std::chrono::milliseconds(250);

// A daemon that stops ends its streams as UNAVAILABLE or, when it was in a hurry, as CANCELLED.
bool is_lost(const grpc::Status& status) {
  return status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::CANCELLED;
}

}  // namespace

ExitCode watch_job(const Connection& connection, const std::string& job_id, InterruptWatch& interrupt,
                   ProgressView& view, v1::Job* job) {
  const auto stub = connection.stub<v1::JobService>();
  std::optional<std::chrono::steady_clock::time_point> away_since;
  while (!interrupt.interrupted()) {
    grpc::ClientContext context;
    v1::WatchJobRequest request;
    request.set_job_id(job_id);
    const auto stream = stub->WatchJob(&context, request);
    interrupt.on_interrupt([&context] { context.TryCancel(); });
    v1::WatchJobResponse message;
    while (stream->Read(&message)) {
      away_since.reset();
      if (message.has_job()) {
        *job = message.job();
        view.show(*job);
      } else if (message.has_run()) {
        view.show(message.run());
      } else if (message.has_log()) {
        view.show(message.log());
      }
    }
    const grpc::Status status = stream->Finish();
    interrupt.on_interrupt(nullptr);
    if (interrupt.interrupted()) break;
    if (status.ok() && job->state() == v1::RUN_STATE_FINISHED) return kOk;
    const auto now = std::chrono::steady_clock::now();
    if (!is_lost(status) || now - away_since.value_or(now) > kPatience) {
      view.clear();
      return report(failure_of(status, context, connection.server()));
    }
    if (!away_since.has_value())
      view.say("the connection to " + connection.server() + " is lost; the job goes on, trying again");
    away_since = away_since.value_or(now);
    interrupt.pause(kPauseBetweenTries);
  }
  return kDetached;
}

}  // namespace tinyrig::client
