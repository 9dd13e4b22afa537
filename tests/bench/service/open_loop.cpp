#include "tests/bench/service/open_loop.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

namespace tinyrig::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A call under way.
struct Pending {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
};

std::shared_ptr<Pending> pending_of(const std::string& request) {
  auto pending = std::make_shared<Pending>();
  const grpc::Slice slice(request);
  pending->request = grpc::ByteBuffer(&slice, 1);
  return pending;
}

// Where answers are counted, from gRPC's threads.
class Tally {
 public:
  explicit Tally(CallTimes* times) : times_(times) {}

  void begun() {
    const std::lock_guard lock(mutex_);
    ++open_;
  }
  void ended(const std::string& method, double seconds, bool ok) {
    const std::lock_guard lock(mutex_);
    if (ok) {
      times_->seconds[method].push_back(seconds);
    } else {
      ++times_->failed;
    }
    if (--open_ == 0) none_open_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    none_open_.wait(lock, [this] { return open_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_open_;
  std::size_t open_ = 0;    // guarded by mutex_
  CallTimes* const times_;  // what it points to is guarded by mutex_
};

}  // namespace

void run_open_loop(const std::shared_ptr<grpc::Channel>& channel, const std::vector<Call>& calls, double per_second,
                   std::chrono::seconds length, CallTimes* times) {
  grpc::GenericStub stub(channel);
  Tally tally(times);
  const auto count = static_cast<std::size_t>(per_second * static_cast<double>(length.count()));
  const SteadyClock::time_point start = SteadyClock::now();
  for (std::size_t i = 0; i < count; ++i) {
    const Call& call = calls[i % calls.size()];
    const auto due = start + std::chrono::duration_cast<SteadyClock::duration>(
                                 std::chrono::duration<double>(static_cast<double>(i) / per_second));
    const auto pending = pending_of(call.request(i));
    std::this_thread::sleep_until(due);
    tally.begun();
    stub.UnaryCall(&pending->context, call.method, grpc::StubOptions(), &pending->request, &pending->response,
                   [&tally, &call, pending, due](const grpc::Status& status) {
                     const std::chrono::duration<double> took = SteadyClock::now() - due;
                     tally.ended(call.method, took.count(), status.ok());
                   });
  }
  tally.wait();
}

std::string answer_of(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                      const std::string& request) {
  grpc::GenericStub stub(channel);
  const auto pending = pending_of(request);
  std::promise<grpc::Status> answered;
  stub.UnaryCall(&pending->context, method, grpc::StubOptions(), &pending->request, &pending->response,
                 [&answered](grpc::Status status) { answered.set_value(std::move(status)); });
  const grpc::Status status = answered.get_future().get();
  std::vector<grpc::Slice> slices;
  if (!status.ok() || !pending->response.Dump(&slices).ok()) {
    std::fprintf(stderr, "%s: %s\n", method.c_str(), status.error_message().c_str());
    std::exit(1);
  }
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

}  // namespace tinyrig::bench
