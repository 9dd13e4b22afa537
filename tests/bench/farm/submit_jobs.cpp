#include "tests/bench/farm/submit_jobs.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tinyrig/v1/job.grpc.pb.h"

namespace tinyrig::bench {
namespace {

constexpr std::size_t kClients = 32;
constexpr int kMostRetries = 10;

}  // namespace

Submitted submit_jobs(std::uint16_t grpc_port, const v1::JobSpec& spec, std::size_t first, std::size_t count,
                      const std::atomic<bool>& stop) {
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(grpc_port), grpc::InsecureChannelCredentials());
  const auto jobs = v1::JobService::NewStub(channel);
  Submitted result;
  std::mutex mutex;  // of result and refusal
  std::string refusal;
  std::atomic<std::size_t> next = first;
  const auto begin = std::chrono::steady_clock::now();
  const auto submit_some = [&] {
    for (std::size_t number = next++; number < first + count && !stop; number = next++) {
      v1::SubmitJobRequest request;
      *request.mutable_spec() = spec;
      request.set_idempotency_key("bench-farm-" + std::to_string(number));
      for (int attempt = 0;; ++attempt) {
        grpc::ClientContext context;
        v1::SubmitJobResponse answer;
        const grpc::Status status = jobs->SubmitJob(&context, request, &answer);
        const std::lock_guard lock(mutex);
        if (status.ok()) {
          result.job_ids.push_back(answer.job().job_id());
          break;
        }
        ++result.retries;
        refusal = status.error_message();
        if (attempt == kMostRetries) return;
      }
    }
  };
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < kClients; ++i) clients.emplace_back(submit_some);
  for (std::thread& client : clients) client.join();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!stop && result.job_ids.size() != count) throw std::runtime_error("the daemon refuses jobs: " + refusal);
  return result;
}

}  // namespace tinyrig::bench
