// A stream with two sides: an outbox for what the server says, and requests read one at a time, each when it is asked
// for. Confined to the outbox's strand.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "server/api/outbox.h"

namespace tinyrig::api {

template <class Request, class Response>
class Exchange final : public Outbox<Response, grpc::ServerBidiReactor<Request, Response>> {
 public:
  using Base = Outbox<Response, grpc::ServerBidiReactor<Request, Response>>;
  /// The request, or null when the client sends no more. Called on the strand.
  using Reader = std::function<void(Request* request)>;

  static std::shared_ptr<Exchange> make(grpc::CallbackServerContext* context, boost::asio::any_io_executor strand,
                                        std::size_t capacity) {
    std::shared_ptr<Exchange> exchange(new Exchange(context, std::move(strand), capacity));
    exchange->keep(exchange);
    exchange->self_ = exchange;
    return exchange;
  }

  /// Reads one request; not while another is awaited. A stream that is over answers nothing any more.
  void read(Reader reader) {
    if (this->is_over()) return;
    reader_ = std::move(reader);
    this->StartRead(&request_);
  }

 private:
  using Base::Base;

  void OnReadDone(bool ok) override {
    boost::asio::post(this->strand(), [weak = self_, ok] {
      const std::shared_ptr<Exchange> self = weak.lock();
      if (self == nullptr) return;
      const Reader reader = std::exchange(self->reader_, nullptr);
      if (reader) reader(ok ? &self->request_ : nullptr);
    });
  }

  std::weak_ptr<Exchange> self_;
  Request request_;
  Reader reader_;
};

}  // namespace tinyrig::api
