// What every lasting stream has in common: it is opened by who may, and ends when the server does or when the token
// that opened it is revoked.
#pragma once

#include <boost/asio/post.hpp>
#include <cstdint>
#include <memory>

#include "server/api/admission.h"
#include "server/api/live_streams.h"
#include "server/base/status_macros.h"

namespace tinyrig::api {

struct OpenedStream {
  access::Caller caller;
  // To remove() from the live streams when the stream is over.
  std::uint64_t live = 0;
};

/// The first thing that a stream does, on its strand; what fails is what to close it with.
template <class Request, class Outbox>
absl::StatusOr<OpenedStream> open_stream(const grpc::CallbackServerContext& call, ServiceContext& services,
                                         const std::shared_ptr<Outbox>& outbox) {
  OpenedStream opened;
  TINYRIG_ASSIGN_OR_RETURN(opened.caller, admit<Request>(call, services));
  TINYRIG_ASSIGN_OR_RETURN(
      opened.live, services.streams->add(opened.caller.token_id,
                                         [strand = outbox->strand(), weak = std::weak_ptr(outbox)](absl::Status why) {
                                           boost::asio::post(strand, [weak, why = std::move(why)] {
                                             if (const auto stream = weak.lock()) stream->close(why);
                                           });
                                         }));
  return opened;
}

}  // namespace tinyrig::api
