// The one shape of all unary handlers: gRPC's callback thread only posts; the work runs on the executor and
// the call is finished from there. (Two callback threads serve the whole daemon: blocking one halves it.)
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "absl/status/status.h"
#include "server/api/error_mapping.h"

namespace tinyrig::api {

/// Adds the error's detail as a trailer; gives what to Finish with. At most once per call, before Finish.
inline grpc::Status conclude(grpc::CallbackServerContext* context, const absl::Status& status) {
  if (!status.ok()) context->AddTrailingMetadata(kErrorTrailer, to_error_detail(status).SerializeAsString());
  return to_grpc_status(status);
}

/// Runs `work` (returns absl::Status, fills in the response) on the executor.
template <class Work>
grpc::ServerUnaryReactor* answer(grpc::CallbackServerContext* context, const boost::asio::any_io_executor& executor,
                                 Work work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(
      executor, [context, reactor, work = std::move(work)]() mutable { reactor->Finish(conclude(context, work())); });
  return reactor;
}

/// Ends a call that answer_later() began. Copyable; call it exactly once, from any thread.
class Finisher {
 public:
  Finisher(grpc::CallbackServerContext* context, grpc::ServerUnaryReactor* reactor,
           boost::asio::any_io_executor executor)
      : context_(context), reactor_(reactor), executor_(std::move(executor)) {}

  /// Posts: the store's completions run on its only writer thread, which has better things to do.
  void operator()(absl::Status status) const {
    boost::asio::post(executor_, [context = context_, reactor = reactor_, status = std::move(status)] {
      reactor->Finish(conclude(context, status));
    });
  }

 private:
  grpc::CallbackServerContext* context_;
  grpc::ServerUnaryReactor* reactor_;
  boost::asio::any_io_executor executor_;
};

/// Runs `work(Finisher)` on the executor; the call lasts until the finisher is called.
template <class Work>
grpc::ServerUnaryReactor* answer_later(grpc::CallbackServerContext* context,
                                       const boost::asio::any_io_executor& executor, Work work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(executor, [finish = Finisher(context, reactor, executor), work = std::move(work)]() mutable {
    work(std::move(finish));
  });
  return reactor;
}

}  // namespace tinyrig::api
