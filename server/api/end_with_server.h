// What every lasting stream has in common: it ends when the server does.
#pragma once

#include <boost/asio/post.hpp>
#include <cstdint>
#include <memory>

#include "server/api/live_streams.h"
#include "server/base/error.h"

namespace tinyrig::api {

/// Gives the number to remove() when the stream is over.
template <class Outbox>
std::uint64_t end_with_server(const std::shared_ptr<Outbox>& outbox, LiveStreams& streams) {
  return streams.add([strand = outbox->strand(), weak = std::weak_ptr(outbox)] {
    boost::asio::post(strand, [weak] {
      if (const auto stream = weak.lock()) {
        stream->close(make_error(absl::StatusCode::kUnavailable, "SERVER_STOPPING", "the daemon stops",
                                 "connect again when it is back; nothing is lost"));
      }
    });
  });
}

}  // namespace tinyrig::api
