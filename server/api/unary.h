// The one shape of all unary handlers: gRPC's callback thread only posts; the check and the work run on the executor
// and the call is finished from there. (Two callback threads serve the whole daemon: blocking one halves it.)
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "server/access/audit.h"
#include "server/api/admission.h"
#include "server/api/error_mapping.h"

namespace tinyrig::api {

/// Adds the error's detail as a trailer; gives what to Finish with. At most once per call, before Finish.
inline grpc::Status conclude(grpc::CallbackServerContext* context, const absl::Status& status) {
  if (!status.ok()) context->AddTrailingMetadata(kErrorTrailer, to_error_detail(status).SerializeAsString());
  return to_grpc_status(status);
}

/// A unary call that was admitted, until it is finished.
struct AdmittedCall {
  grpc::CallbackServerContext* context;
  grpc::ServerUnaryReactor* reactor;
  ServiceContext& services;
  const google::protobuf::MethodDescriptor& method;
  const google::protobuf::Message& request;
  const google::protobuf::Message& response;
  access::Caller caller;

  /// Writes down what became of it, then answers: who has an answer finds it in the audit log. Exactly once.
  void finish(const absl::Status& status) const {
    if (!access::is_audited(method)) return reactor->Finish(conclude(context, status));
    std::string subject = access::subject_of(request);
    if (subject.empty()) subject = access::subject_of(response);
    services.access.record(caller, method, std::move(subject), status, [call = *this, status](const absl::Status&) {
      // On the store's writer: onward. A disk that refuses the line does not take back what was done.
      boost::asio::post(call.services.executor,
                        [call, status] { call.reactor->Finish(conclude(call.context, status)); });
    });
  }
};

/// Ends a call that answer_later() began. Copyable; call it exactly once, from any thread.
class Finisher {
 public:
  explicit Finisher(AdmittedCall call) : call_(std::move(call)) {}

  /// Posts: the store's completions run on its only writer thread, which has better things to do.
  void operator()(absl::Status status) const {
    boost::asio::post(call_.services.executor, [call = call_, status = std::move(status)] { call.finish(status); });
  }

 private:
  AdmittedCall call_;
};

/// Runs `work(AdmittedCall)` on the executor if the call may be answered; `work` sees to it that it is finished.
template <class Request, class Response, class Work>
grpc::ServerUnaryReactor* begin(grpc::CallbackServerContext* context, ServiceContext& services, const Request* request,
                                const Response* response, Work work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(services.executor, [=, &services, work = std::move(work)]() mutable {
    absl::StatusOr<access::Caller> caller = admit<Request>(*context, services);
    if (!caller.ok()) return reactor->Finish(conclude(context, caller.status()));
    work(AdmittedCall{context, reactor, services, method_of<Request>(), *request, *response, *std::move(caller)});
  });
  return reactor;
}

/// Runs `work`, which returns absl::Status and fills in the response; it is given the access::Caller if it asks.
template <class Request, class Response, class Work>
grpc::ServerUnaryReactor* answer(grpc::CallbackServerContext* context, ServiceContext& services, const Request* request,
                                 Response* response, Work work) {
  return begin(context, services, request, response, [work = std::move(work)](const AdmittedCall& call) mutable {
    if constexpr (std::is_invocable_v<Work&, const access::Caller&>) {
      call.finish(work(call.caller));
    } else {
      call.finish(work());
    }
  });
}

/// Runs `work(access::Caller, Finisher)`; the call lasts until the finisher is called.
template <class Request, class Response, class Work>
grpc::ServerUnaryReactor* answer_later(grpc::CallbackServerContext* context, ServiceContext& services,
                                       const Request* request, Response* response, Work work) {
  return begin(context, services, request, response,
               [work = std::move(work)](const AdmittedCall& call) mutable { work(call.caller, Finisher(call)); });
}

}  // namespace tinyrig::api
