#include "client/job_watch.h"

#include "tinyrig/v1/job.grpc.pb.h"

namespace tinyrig::client {
namespace {

// How long a daemon may be away before we give up on it; the job itself goes on.
constexpr auto kPatience = std::chrono::seconds(60);

}  // namespace

ExitCode watch_job(const Connection& connection, const std::string& job_id, InterruptWatch& interrupt,
                   ProgressView& view, v1::Job* job) {
  const auto stub = connection.stub<v1::JobService>();
  auto last_heard = std::chrono::steady_clock::now();
  while (!interrupt.interrupted()) {
    grpc::ClientContext context;
    v1::WatchJobRequest request;
    request.set_job_id(job_id);
    const auto stream = stub->WatchJob(&context, request);
    interrupt.on_interrupt([&context] { context.TryCancel(); });
    v1::WatchJobResponse message;
    while (stream->Read(&message)) {
      last_heard = std::chrono::steady_clock::now();
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
    const bool lost = status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE;
    if (!lost || std::chrono::steady_clock::now() - last_heard > kPatience) {
      view.clear();
      return report(failure_of(status, context, connection.server()));
    }
    view.say("the connection to " + connection.server() + " is lost; the job goes on, trying again");
    connection.channel()->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(2));
  }
  return kDetached;
}

}  // namespace tinyrig::client
