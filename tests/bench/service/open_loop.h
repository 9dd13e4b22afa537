// Calls that come at a stated rate, whether or not those before them have been answered; a late answer makes the next
// ones late too, and that counts.
#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tinyrig::bench {

struct Call {
  /// "/tinyrig.v1.JobService/GetJob"
  std::string method;
  /// Bytes of the request with that number.
  std::function<std::string(std::size_t)> request;
};

struct CallTimes {
  /// From when a call was due to its answer, in seconds, by method.
  std::map<std::string, std::vector<double>> seconds;
  std::size_t failed = 0;
};

/// Calls the methods in turn, `per_second` in all, and waits for the last answer. Adds to `times`.
void run_open_loop(const std::shared_ptr<grpc::Channel>& channel, const std::vector<Call>& calls, double per_second,
                   std::chrono::seconds length, CallTimes* times);

/// One call's answer. Ends the program when it fails.
std::string answer_of(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                      const std::string& request);

}  // namespace tinyrig::bench
