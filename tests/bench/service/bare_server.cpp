#include "tests/bench/service/bare_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace tinyrig::bench {
namespace {

class Echo final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Echo(const std::string& answer) {
    const grpc::Slice slice(answer);
    answer_ = grpc::ByteBuffer(&slice, 1);
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no request"));
    StartWriteAndFinish(&answer_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
};

}  // namespace

class BareServer::Impl final : public grpc::CallbackGenericService {
 public:
  explicit Impl(std::map<std::string, std::string> answers) : answers_(std::move(answers)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    if (server_ != nullptr) return;
    std::fprintf(stderr, "the bare server cannot listen\n");
    std::exit(1);
  }
  int port() const { return port_; }

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* call) override {
    return new Echo(answers_.at(call->method()));
  }

  const std::map<std::string, std::string> answers_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

BareServer::BareServer(std::map<std::string, std::string> answers)
    : impl_(std::make_unique<Impl>(std::move(answers))) {}
BareServer::~BareServer() = default;

std::shared_ptr<grpc::Channel> BareServer::channel() const {
  return grpc::CreateChannel("127.0.0.1:" + std::to_string(impl_->port()), grpc::InsecureChannelCredentials());
}

}  // namespace tinyrig::bench
