// A gRPC server that does nothing: it takes any call's bytes and answers with bytes that were given to it before. What
// a call takes here, it takes anywhere.
#pragma once

#include <grpcpp/channel.h>

#include <map>
#include <memory>
#include <string>

namespace tinyrig::bench {

class BareServer {
 public:
  /// `answers`: by method ("/tinyrig.v1.JobService/GetJob").
  explicit BareServer(std::map<std::string, std::string> answers);
  ~BareServer();
  BareServer(const BareServer&) = delete;
  BareServer& operator=(const BareServer&) = delete;

  std::shared_ptr<grpc::Channel> channel() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tinyrig::bench
