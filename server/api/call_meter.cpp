#include "server/api/call_meter.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "server/api/error_mapping.h"

namespace tinyrig::api {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::ServerRpcInfo;

constexpr char kPackage[] = "/tinyrig.v1.";

class CallMeter final : public grpc::experimental::Interceptor {
 public:
  CallMeter(ApiObserver& observer, std::string method, bool unary)
      : observer_(observer), method_(std::move(method)), unary_(unary) {}

  // A call whose client went away may end without a status.
  ~CallMeter() override {
    if (!told_) tell(grpc::StatusCode::CANCELLED);
  }
  CallMeter(const CallMeter&) = delete;
  CallMeter& operator=(const CallMeter&) = delete;

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      tell(methods->GetSendStatus().error_code());
    }
    methods->Proceed();
  }

 private:
  void tell(grpc::StatusCode code) {
    told_ = true;
    const std::string name = code == grpc::StatusCode::OK ? "ok" : connect_code_name(code);
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin_;
    observer_.on_call(method_, name, unary_ ? std::optional(took) : std::nullopt);
  }

  ApiObserver& observer_;
  const std::string method_;
  const bool unary_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  bool told_ = false;
};

class CallMeters final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallMeters(ApiObserver& observer) : observer_(observer) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    return new CallMeter(observer_, known_method(info->method()), info->type() == ServerRpcInfo::Type::UNARY);
  }

 private:
  ApiObserver& observer_;
};

}  // namespace

std::string known_method(const std::string& path) {
  if (!path.starts_with(kPackage)) return "other";
  std::string name = path.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  return pool->FindMethodByName(name) == nullptr ? "other" : path.substr(sizeof(kPackage) - 1);
}

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> make_call_meter(ApiObserver& observer) {
  return std::make_unique<CallMeters>(observer);
}

}  // namespace tinyrig::api
