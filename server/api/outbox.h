// The writing side of a server stream: bounded, one write at a time, safe against cancellation. Everything
// that gRPC leaves to the caller is settled here once: a second StartWrite while one is pending would be lost
// silently; a reactor that never calls Finish hangs the server's shutdown; reactors have no holds, so the
// outbox owns itself until OnDone.
//
// Confined to `strand`: all public functions are called there, gRPC's reactions only post to it.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "server/api/unary.h"

namespace tinyrig::api {

template <class Message, class Reactor = grpc::ServerWriteReactor<Message>>
class Outbox : public Reactor {
 public:
  /// The reactor to hand to gRPC is get(). It lives until gRPC is done with it, whoever else holds it.
  static std::shared_ptr<Outbox> make(grpc::CallbackServerContext* context, boost::asio::any_io_executor strand,
                                      std::size_t capacity) {
    std::shared_ptr<Outbox> outbox(new Outbox(context, std::move(strand), capacity));
    outbox->keep(outbox);
    return outbox;
  }

  /// Called on the strand whenever the last queued message has left. Set before the first push.
  void on_drained(std::function<void()> hook) { on_drained_ = std::move(hook); }
  /// Called on the strand, once, when the stream is over for whatever reason. Hooks are dropped afterwards.
  void on_ended(std::function<void()> hook) { on_ended_ = std::move(hook); }

  /// Queues a message. When `capacity` messages wait already, the oldest of them goes (dropped() counts).
  void push(Message message) {
    if (is_over()) return;
    if (queue_.size() >= capacity_) {
      queue_.pop_front();
      ++dropped_;
    }
    queue_.push_back(std::move(message));
    write_next();
  }

  /// Ends the stream with `status` once everything queued has left. Nothing can be pushed any more.
  void close(absl::Status status) {
    if (closing_.has_value()) return;
    closing_ = std::move(status);
    write_next();
  }

  std::uint64_t dropped() const { return dropped_; }
  /// Nothing waits and nothing is being written.
  bool idle() const { return !writing_ && queue_.empty(); }
  /// Nothing goes out any more but what waits.
  bool is_over() const { return closing_.has_value() || cancelled_ || finished_; }
  const boost::asio::any_io_executor& strand() const { return strand_; }

 protected:
  Outbox(grpc::CallbackServerContext* context, boost::asio::any_io_executor strand, std::size_t capacity)
      : context_(context), strand_(std::move(strand)), capacity_(capacity) {}

  /// Makes it own itself. Before anything else.
  void keep(std::shared_ptr<Outbox> self) { self_ = std::move(self); }

 private:
  // --- gRPC's reactions, on its threads ---
  void OnWriteDone(bool ok) override {
    boost::asio::post(strand_, [self = self_, ok] { self->written(ok); });
  }
  void OnCancel() override {
    boost::asio::post(strand_, [self = self_] {
      self->cancelled_ = true;
      self->write_next();
    });
  }
  void OnDone() override {
    boost::asio::post(strand_, [self = std::move(self_)] { self->end(); });
  }

  // --- the strand ---
  void write_next() {
    if (writing_ || finished_) return;
    if (cancelled_) {
      finish(absl::CancelledError("the client has gone"));
    } else if (!queue_.empty()) {
      in_flight_ = std::move(queue_.front());
      queue_.pop_front();
      writing_ = true;
      this->StartWrite(&in_flight_);
    } else if (closing_.has_value()) {
      finish(*closing_);
    }
  }

  void written(bool ok) {
    writing_ = false;
    if (!ok) cancelled_ = true;  // the stream is broken: nothing will ever leave
    const bool drained = queue_.empty() && !cancelled_ && !closing_.has_value();
    if (drained && on_drained_) on_drained_();
    write_next();
  }

  void finish(const absl::Status& status) {
    finished_ = true;
    queue_.clear();
    this->Finish(conclude(context_, status));
  }

  void end() {
    const auto hook = std::move(on_ended_);
    on_drained_ = nullptr;
    on_ended_ = nullptr;
    if (hook) hook();
  }

  grpc::CallbackServerContext* const context_;
  const boost::asio::any_io_executor strand_;
  const std::size_t capacity_;
  std::shared_ptr<Outbox> self_;  // until OnDone
  std::deque<Message> queue_;
  Message in_flight_;
  std::optional<absl::Status> closing_;
  std::function<void()> on_drained_;
  std::function<void()> on_ended_;
  std::uint64_t dropped_ = 0;
  bool writing_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
};

}  // namespace tinyrig::api
