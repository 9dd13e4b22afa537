#include "server/api/capture_export.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <cstddef>
#include <memory>
#include <utility>

#include "server/api/open_stream.h"
#include "server/api/outbox.h"
#include "server/store/store.h"

namespace tinyrig::api {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

// What is left of a recording to send.
struct Rest {
  store::Capture capture;
  std::size_t sent = 0;
};

}  // namespace

grpc::ServerWriteReactor<v1::ExportCaptureResponse>* export_capture(grpc::CallbackServerContext* call,
                                                                    ServiceContext& context,
                                                                    const v1::ExportCaptureRequest* request) {
  const boost::asio::any_io_executor strand = boost::asio::make_strand(context.executor);
  const auto outbox = Outbox<v1::ExportCaptureResponse>::make(call, strand, /*capacity=*/1);
  boost::asio::post(strand, [outbox, call, &context, request] {
    const auto opened = open_stream<v1::ExportCaptureRequest>(*call, context, outbox);
    if (!opened.ok()) return outbox->close(opened.status());
    outbox->on_ended([live = opened->live, streams = context.streams] { streams->remove(live); });
    absl::StatusOr<store::Capture> capture = context.store.capture(request->run_id());
    if (!capture.ok()) return outbox->close(capture.status());
    const auto rest = std::make_shared<Rest>(Rest{*std::move(capture)});
    // Hooks are dropped when the stream is over, and with them what is left.
    outbox->on_drained([rest, raw = outbox.get()] {
      const std::string& bytes = rest->capture.bytes;
      if (rest->sent == bytes.size()) return raw->close(absl::OkStatus());
      v1::ExportCaptureResponse piece;
      piece.set_data(bytes.substr(rest->sent, kPieceBytes));
      rest->sent += piece.data().size();
      raw->push(std::move(piece));
    });
    v1::ExportCaptureResponse first;
    *first.mutable_capture() = rest->capture.info;
    outbox->push(std::move(first));
  });
  return outbox.get();
}

}  // namespace tinyrig::api
